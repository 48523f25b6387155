"""A process that has imported what takes long, and runs each script in a fork of itself."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

LONGEST_SECONDS = 180.0
"""For a script that takes a few on a machine with nothing else to do."""
_FORKS = Path(__file__).with_name("forks.py")


class Ended(Exception):  # noqa: N818  (what it says)
    """A script did not end as it should have; the text is what it said."""


class Script:
    """A script that runs, or ran, in a process of its own."""

    def __init__(self, zygote: Zygote, pid: int, told: Path) -> None:
        self._zygote = zygote
        self.pid = pid
        self._told = told

    @property
    def code(self) -> int | None:
        """Its exit code, negative if it was killed; None while it runs."""
        return self._zygote.code_of(self.pid)

    def wait(self, seconds: float = LONGEST_SECONDS) -> int:
        """Return its exit code.

        Raises:
            Ended: It runs longer than that.
        """
        until = time.monotonic() + seconds
        while (code := self.code) is None:
            if time.monotonic() > until:
                self.kill()
                raise Ended(f"still running after {seconds} s:\n{self.output}")
            time.sleep(0.02)
        return code

    def succeeded(self, seconds: float = LONGEST_SECONDS) -> str:
        """Wait for its end; return what it printed.

        Raises:
            Ended: It failed.
        """
        if code := self.wait(seconds):
            raise Ended(f"exit code {code}:\n{self.output}")
        return self.printed

    @property
    def printed(self) -> str:
        return self._said("out")

    @property
    def output(self) -> str:
        return self.printed + self._said("err")

    @property
    def steps(self) -> int:
        """How many steps it took to its end, where they were counted."""
        return int(Path(f"{self._told}.steps").read_text(encoding="utf-8"))

    def _said(self, where: str) -> str:
        file = Path(f"{self._told}.{where}")
        return file.read_text(encoding="utf-8") if file.exists() else ""

    def kill(self) -> None:
        """End it at once, without a farewell."""
        os.kill(self.pid, signal.SIGKILL)


class Zygote:
    """Runs scripts.

    Args:
        python: An interpreter that finds MLflow and the client.
        folder: For what scripts say.
        environment: Of every script, if it is not told otherwise.
        modules: To import once for all.
    """

    def __init__(
        self,
        python: Path,
        folder: Path,
        environment: Mapping[str, str],
        modules: Sequence[str] = (),
    ) -> None:
        self.python = python
        self._folder = folder
        self._count = 0
        with (folder / "zygote.err").open("wb") as said:
            self._process = subprocess.Popen(
                [str(python), str(_FORKS), *modules],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=said,
                text=True,
                env=dict(environment),
                cwd=folder,
            )

    def run_path(
        self,
        script: Path,
        *arguments: object,
        environment: Mapping[str, object],
        kill_at_step: int | None = None,
    ) -> Script:
        """Run a script in a fork.

        Args:
            script: Its file.
            arguments: For its sys.argv.
            environment: Variables besides those that all have.
            kill_at_step: Where it dies; 0 only counts its steps; None does neither.
        """
        self._count += 1
        told = self._folder / f"{self._count}-{script.stem}"
        pid = self._ask(
            {
                "script": str(script),
                "arguments": [str(argument) for argument in arguments],
                "environment": {k: str(v) for k, v in environment.items()},
                "told": str(told),
                "kill_at_step": kill_at_step,
            }
        )
        return Script(self, int(pid), told)

    def code_of(self, pid: int) -> int | None:
        """Return the exit code of a script, None while it runs."""
        code = self._ask({"wait": pid})
        return None if code is None else int(code)

    def stop(self) -> None:
        self._process.kill()
        self._process.wait()

    def _ask(self, question: dict[str, Any]) -> Any:
        assert self._process.stdin  # noqa: S101  (both are pipes)
        assert self._process.stdout  # noqa: S101
        self._process.stdin.write(json.dumps(question) + "\n")
        self._process.stdin.flush()
        answer = self._process.stdout.readline()
        if not answer:
            raise Ended((self._folder / "zygote.err").read_text(encoding="utf-8"))
        return json.loads(answer)
