"""The client as users have it: its wheel, in an environment of its own, found by its entry points."""

import json
import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[3]
SCRIPTS = Path(__file__).parent / "scripts"
_UV = Path(sys.executable).with_name("uv")
SETTLED = {
    "MLFLOW_HA_DEADLINE": "60",
    "MLFLOW_BASE_DELAY": "0.1",
    "MLFLOW_HA_SPOOL_SUCCESSOR_HOURS": "0",
    "MLFLOW_DISABLE_TELEMETRY": "true",
    "OMP_NUM_THREADS": "1",
    "PYTHONWARNINGS": "ignore",
}


def wheel(folder: Path) -> Path:
    """Build the client's wheel."""
    subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)],
        cwd=ROOT / "client", check=True, capture_output=True, timeout=120,
    )  # fmt: skip
    (built,) = folder.glob("*.whl")
    return built


def virtual_environment(folder: Path, *borrowed: Path) -> Path:
    """Make an environment without anything; return its Python.

    Args:
        folder: Where.
        borrowed: Folders of packages that it may use, too.
    """
    subprocess.run(
        [str(_UV), "venv", "-q", "--python", sys.executable, str(folder)],
        check=True, capture_output=True, timeout=120,
    )  # fmt: skip
    (packages,) = folder.glob("lib/python*/site-packages")
    (packages / "borrowed.pth").write_text("".join(f"{path}\n" for path in borrowed))
    return folder / "bin" / "python"


def install(python: Path, *what: str) -> None:
    """Install into an environment."""
    subprocess.run(
        [str(_UV), "pip", "install", "-q", "--python", str(python), *what],
        check=True, capture_output=True, timeout=600,
    )  # fmt: skip


def variables(**extra: object) -> dict[str, str]:
    """Return an environment without anything of MLflow's but what a test says."""
    inherited = {k: v for k, v in os.environ.items() if not k.startswith(("MLFLOW", "_MLFLOW"))}
    return inherited | SETTLED | {k: str(v) for k, v in extra.items()}


class Ended(Exception):  # noqa: N818  (what it says)
    """A script did not end as it should have."""


class Script:
    """A script that runs, or ran, in a process of its own."""

    def __init__(self, ready: "Ready", pid: int, told: Path) -> None:
        self._ready = ready
        self.pid = pid
        self._told = told

    def wait(self, seconds: float = 60) -> int:
        """Return its exit code; negative if it was killed."""
        until = time.monotonic() + seconds
        while (code := self._ready.code_of(self.pid)) is None:
            if time.monotonic() > until:
                raise Ended(f"still running after {seconds} s:\n{self.output}")
            time.sleep(0.02)
        return code

    def succeeded(self, seconds: float = 60) -> str:
        """Wait for its end; return what it printed."""
        if code := self.wait(seconds):
            raise Ended(f"exit code {code}:\n{self.output}")
        return self.printed

    @property
    def printed(self) -> str:
        return self._told.with_suffix(".out").read_text(encoding="utf-8")

    @property
    def output(self) -> str:
        return self.printed + self._told.with_suffix(".err").read_text(encoding="utf-8")

    def kill(self) -> None:
        """End it at once, without a farewell."""
        os.kill(self.pid, 9)


class Ready:
    """A process that has imported what takes long, and runs each script in a fork of itself.

    Importing MLflow and scikit-learn takes seconds; a test needs many processes.
    """

    def __init__(self, python: Path, folder: Path) -> None:
        self.python = python
        self._folder = folder
        self._count = 0
        with (folder / "ready.err").open("wb") as said:
            self._process = subprocess.Popen(
                [str(python), str(SCRIPTS / "ready.py")],
                stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=said, text=True,
                env=variables(), cwd=folder,
            )  # fmt: skip

    def start(self, script: str, *arguments: object, **environment: object) -> Script:
        """Run a script of `scripts`, with these variables besides those of `variables`."""
        self._count += 1
        told = self._folder / f"{self._count}-{script}"
        pid = self._ask(
            {
                "script": str(SCRIPTS / f"{script}.py"),
                "arguments": [str(argument) for argument in arguments],
                "environment": {k: str(v) for k, v in environment.items()},
                "told": str(told),
            }
        )
        return Script(self, int(pid), told)

    def run(self, script: str, *arguments: object, **environment: object) -> str:
        """Run a script to its end; return what it printed.

        Raises:
            Ended: It failed.
        """
        return self.start(script, *arguments, **environment).succeeded()

    def code_of(self, pid: int) -> int | None:
        """Return the exit code of a script, None while it runs."""
        code = self._ask({"wait": pid})
        return None if code is None else int(code)

    def command(self, *arguments: str, **environment: object) -> subprocess.CompletedProcess[str]:
        """Run `mlflow-ha`."""
        return subprocess.run(
            [str(self.python.with_name("mlflow-ha")), *arguments],
            env=variables(**environment),
            capture_output=True, text=True, timeout=60, check=False,
        )  # fmt: skip

    def stop(self) -> None:
        self._process.kill()
        self._process.wait()

    def _ask(self, question: dict[str, Any]) -> Any:
        assert self._process.stdin
        assert self._process.stdout
        self._process.stdin.write(json.dumps(question) + "\n")
        self._process.stdin.flush()
        answer = self._process.stdout.readline()
        if not answer:
            raise Ended((self._folder / "ready.err").read_text())
        return json.loads(answer)
