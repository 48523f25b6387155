"""Clients in processes of their own: stock MLflow, and the same with the wheel installed.

Both have an environment of their own that borrows this one's packages, so that they differ in the
wheel and in nothing else.
"""

from __future__ import annotations

import json
import os
import site
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from bench.side import BenchError
from tools.client_environment import CLIENT, NoEnvironment, install, virtual_environment, wheel

_END_SECONDS = 30
_LAST_LINES = 5


def pythons(folder: Path) -> tuple[Path, Path]:
    """Make both environments; return the stock one's Python and the other's.

    Args:
        folder: For their files.

    Raises:
        BenchError: They cannot be made.
    """
    try:
        stock, ours = (
            virtual_environment(folder / name, *site.getsitepackages())
            for name in ("stock", "ours")
        )
        install(
            ours, "--offline", "--no-deps", "--compile-bytecode", wheel(CLIENT, folder / "wheel")
        )
    except NoEnvironment as error:
        raise BenchError(str(error)) from error
    return stock, ours


def variables(**extra: str) -> dict[str, str]:
    """Return the environment of a client: nothing of MLflow's but what is given."""
    inherited = {k: v for k, v in os.environ.items() if not k.startswith(("MLFLOW", "_MLFLOW"))}
    return {**inherited, "MLFLOW_DISABLE_TELEMETRY": "true", "OMP_NUM_THREADS": "1", **extra}


class Client:
    """A client that has imported MLflow, and does as it is told.

    Args:
        python: Of its environment.
        folder: For what it says.
        environment: Its variables, besides those of `variables`.
    """

    def __init__(self, python: Path, folder: Path, environment: Mapping[str, str]) -> None:
        self._said = folder / "client.log"
        folder.mkdir(parents=True, exist_ok=True)
        with self._said.open("wb") as log:
            self._process = subprocess.Popen(
                [str(python), str(Path(__file__).with_name("client_work.py"))],
                stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=log, text=True, cwd=folder,
                env=variables(**environment), start_new_session=True,
            )  # fmt: skip

    def ask(self, do: str, **how: object) -> Any:
        """Have one piece of work of client_work.py done; return what it says.

        Raises:
            BenchError: It failed.
        """
        assert self._process.stdin  # noqa: S101  (piped above)
        assert self._process.stdout  # noqa: S101
        self._process.stdin.write(json.dumps({"do": do, **how}) + "\n")
        self._process.stdin.flush()
        answer = self._process.stdout.readline()
        if not answer:
            lines = self._said.read_text(encoding="utf-8", errors="replace").splitlines()
            raise BenchError(f"a client failed at {do}: " + " | ".join(lines[-_LAST_LINES:]))
        return json.loads(answer)

    def stop(self) -> None:
        if self._process.stdin:
            self._process.stdin.close()
        try:
            self._process.wait(_END_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait(_END_SECONDS)


@contextmanager
def client(python: Path, folder: Path, **environment: str) -> Iterator[Client]:
    """A client that ends with the block."""
    running = Client(python, folder, environment)
    try:
        yield running
    finally:
        running.stop()
