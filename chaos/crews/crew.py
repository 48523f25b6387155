"""One crew: a process that works like a training script, from its start to its end."""

from __future__ import annotations

import os
import subprocess
import time
from pathlib import Path

from chaos.crews import diary
from chaos.crews.diary import Diary
from chaos.crews.kind import CrewKind
from chaos.crews.replay import Replay
from chaos.target import FrontDoor

SCRIPT = Path(__file__).with_name("script.py")
START_WITHIN = 60.0
"""Seconds for importing MLflow on a crowded machine."""
_TAIL = 300


class Crew:
    """A process that is started once, and stopped.

    Attributes:
        kind: Which client.
        trouble: What kept it from working to the end, as far as is known.
    """

    def __init__(
        self, kind: CrewKind, python: Path, door: FrontDoor, *, name: str, folder: Path
    ) -> None:
        """Start nothing yet.

        Args:
            kind: Which client.
            python: Its environment.
            door: Where it works, and as whom.
            name: Of its experiment; never used before.
            folder: Made for it; receives diary, output and spool.
        """
        self.kind = kind
        self.trouble: str | None = None
        self._python = python
        self._name = name
        self._folder = folder
        self._diary = folder / "diary.jsonl"
        self._environment = _environment(kind, door, folder / "spool")
        self._process: subprocess.Popen[bytes] | None = None
        self._asked = False

    def start(self, *, threads: int, pause: float) -> None:
        """Start to work; `diary().ready` tells when it does.

        Args:
            threads: Work at the same time.
            pause: Seconds that each rests after a round.
        """
        self._folder.mkdir(parents=True)
        # -I: neither this folder's modules nor PYTHONPATH are in the script's way.
        command = [str(self._python), "-I", str(SCRIPT), self._name, str(self._diary)]
        options = ["--threads", str(threads), "--pause", str(pause)]
        with (self._folder / "output.log").open("wb") as said:
            self._process = subprocess.Popen(
                [*command, *options],
                env=self._environment,
                stdin=subprocess.PIPE,  # its end, by whatever cause, asks the crew to stop
                stdout=said,
                stderr=subprocess.STDOUT,
                start_new_session=True,  # a Ctrl-C is for the drill, which stops it in order
            )

    def diary(self) -> Diary:
        return diary.read(self._diary, time.monotonic())

    def ask_to_stop(self) -> None:
        """Let every thread finish the call it is in, and no other."""
        if self._process is None or self._asked:
            return
        self.trouble = self.ended_by_itself()
        self._asked = True
        assert self._process.stdin  # noqa: S101  (it was started with one)
        self._process.stdin.close()

    def end(self, within: float) -> None:
        """Wait for its end; kill it after `within` seconds, which leaves its calls in doubt."""
        if self._process is None:
            return
        try:
            self._process.wait(within)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    def ended_by_itself(self) -> str | None:
        """What it said last, if it ended although nobody asked it to."""
        if self._process is None or self._process.poll() is None:
            return None
        said = (self._folder / "output.log").read_text(encoding="utf-8", errors="replace")
        return (
            f"the crew {self.kind.name} ended with exit code {self._process.returncode}: "
            f"{' '.join(said.split())[-_TAIL:]}"
        )

    def flush(self, within: float) -> Replay | None:
        """Send what its spool still holds, as a user would; None where there is no spool.

        Args:
            within: Seconds it may take.
        """
        if not self.kind.spools:
            return None
        began = time.monotonic()
        try:
            done = subprocess.run(
                [self._python, "-I", "-m", "mlflow_ha", "flush", "--timeout", str(within)],
                env=self._environment,
                capture_output=True,
                text=True,
                check=False,
                timeout=within + START_WITHIN,
            )
        except subprocess.TimeoutExpired as late:
            self.trouble = f"the crew {self.kind.name}: {late}"
            return Replay(time.monotonic() - began, complete=False)
        if done.returncode:
            said = " ".join((done.stdout + done.stderr).split())[-_TAIL:]
            self.trouble = f"the spool of the crew {self.kind.name} is not empty: {said}"
        return Replay(time.monotonic() - began, complete=done.returncode == 0)


def _environment(kind: CrewKind, door: FrontDoor, spool: Path) -> dict[str, str]:
    """The variables of a user of MLflow: whatever else is set here is not theirs."""
    inherited = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("MLFLOW", "_MLFLOW")) and not name.lower().endswith("_proxy")
    }
    return {
        **inherited,
        **kind.variables,
        **({"MLFLOW_HA_SPOOL_DIR": str(spool)} if kind.spools else {}),
        "MLFLOW_TRACKING_URI": door.url,
        "MLFLOW_TRACKING_USERNAME": door.username,
        "MLFLOW_TRACKING_PASSWORD": door.password,
        "OMP_NUM_THREADS": "1",
    }
