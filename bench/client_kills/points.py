"""One trial after the other, until enough kills have met a living process."""

from __future__ import annotations

import random
import shutil
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import uuid4

from bench.client_kills.door import Door
from bench.client_kills.judge import Findings, Notes, Reader, compare
from bench.client_kills.zygote import LONGEST_SECONDS, Script, Zygote
from bench.side import Side

WORK = Path(__file__).with_name("work.py")
MODULES = (
    "mlflow", "mlflow_ha.stores", "mlflow_ha.artifact_repository", "mlflow_ha.spool.keeper",
    "mlflow_ha.spool.artifacts", "mlflow_ha.spool.offline.tracking", "mlflow_ha.control",
)  # fmt: skip
_SETTLED = {
    "MLFLOW_HA_SPOOL": 1,
    "MLFLOW_HA_SPOOL_PATIENCE": 0.3,
    # Who replays here is told to, and killed in turn.
    "MLFLOW_HA_SPOOL_SUCCESSOR_HOURS": 0,
    "MLFLOW_HA_DEADLINE": 60,
    "MLFLOW_HA_PROBE_INTERVAL": 0.2,
    "MLFLOW_BASE_DELAY": 0.05,
}
_ACTIONS = 25
_REPLAY_KILLS = 3
_FLUSH_SECONDS = 120
_LOSABLE = (
    "/experiments/create", "/runs/create", "POST /api/2.0/mlflow/logged-models HTTP", "/log-batch",
    "/registered-models/create", "/model-versions/create", "PUT /api/2.0/mlflow-artifacts",
    "/runs/update", "/log-metric", "/registered-models/alias",
)  # fmt: skip

Kill = dict[str, Any]


@dataclass(frozen=True)
class Trial:
    """What became of one script.

    Attributes:
        phase: What was killed: "training" or "replay".
        weather: Of the way to the server meanwhile.
        kills: Where each kill fell that met a living process.
        acknowledged: Things and values that the script was told are there.
        unsent: What `mlflow-ha flush` said at the end, where it could not send everything.
        findings: What is wrong with the server's contents.
    """

    phase: str
    seed: str
    weather: str
    kills: list[Kill]
    acknowledged: int
    unsent: str | None
    findings: Findings

    @property
    def right(self) -> bool:
        return self.unsent is None and self.findings.none


@dataclass
class Range:
    """How many steps and seconds a phase takes when nobody is killed, as far as is known."""

    steps: int = 1
    seconds: float = 0.1

    def saw(self, steps: int, seconds: float) -> None:
        self.steps, self.seconds = max(self.steps, steps), max(self.seconds, seconds)


@dataclass
class Killer:
    """Kills scripts that talk to one server.

    Args:
        zygote: Runs them.
        side: The server.
        folder: For spools and notes.
        seed: Of everything that is random, but for the moments at which processes run.
    """

    zygote: Zygote
    side: Side
    folder: Path
    seed: str
    training: Range = field(default_factory=Range)
    replay: Range = field(default_factory=Range)

    def __post_init__(self) -> None:
        self._door = Door.to(self.side.url)
        self._reader = Reader(self.side)

    def close(self) -> None:
        self._door.end()
        self._reader.close()

    def measure_ranges(self) -> Trial:
        """Let one script and its replay live, to know where kills can fall."""
        job = self._job("unharmed")
        with self._door.closed():
            self._timed(self.training, lambda: self._work(job, 0))
        self._timed(self.replay, lambda: self._replayer(job, 0))
        return self._judged(job, "none", "away", [])

    def kill_training(self, number: int) -> Trial:
        """Kill a script, in some weather, and have sent what it left."""
        job = self._job(f"training-{number}")
        weather = job.random.choice(("away", "there", "goes", "returns", "flaps"))
        kills = []
        changes = self._changes(weather, job.random)
        if weather in ("away", "returns"):
            self._door.close()
        try:
            if kill := self._killed(
                lambda step: self._work(job, step), self.training, job, changes
            ):
                kills.append(kill)
        finally:
            self._door.open()
        return self._judged(job, "training", weather, kills)

    def kill_replay(self, number: int) -> Trial:
        """Kill those who send what a script left, one after the other."""
        job = self._job(f"replay-{number}")
        with self._door.closed():
            self._work(job, None).succeeded()
        kills = []
        weather = job.random.choice(("there", "there", "flaps"))
        try:
            for _ in range(_REPLAY_KILLS):
                changes = self._changes(weather, job.random)
                kill = self._killed(
                    lambda step: self._replayer(job, step), self.replay, job, changes
                )
                self._door.open()
                if not kill:
                    break
                kills.append(kill)
        finally:
            self._door.open()
        return self._judged(job, "replay", weather, kills)

    def _killed(
        self,
        start: Callable[[int | None], Script],
        within: Range,
        job: _Job,
        changes: list[tuple[float, Callable[[], None]]],
    ) -> Kill | None:
        """Run a script and kill it; return where, or None where it had ended before."""
        by_step = job.random.random() < 0.5  # noqa: PLR2004  (half of them)
        step = job.random.randint(1, within.steps) if by_step else None
        at = None if by_step else job.random.uniform(0, within.seconds)
        begun = time.monotonic()
        script = start(step)
        todo = sorted(changes, key=lambda change: change[0])
        while (code := script.code) is None:
            now = time.monotonic() - begun
            while todo and todo[0][0] <= now:
                todo.pop(0)[1]()
            if at is not None and now >= at:
                with suppress(ProcessLookupError):
                    script.kill()
            if now > LONGEST_SECONDS:
                script.kill()
                script.wait()
                raise TimeoutError(f"{script.pid} did not end:\n{script.output}")
            time.sleep(0.01)
        if code == 0:
            return None
        if code != -9:  # noqa: PLR2004  (SIGKILL)
            raise RuntimeError(f"the script failed on its own, with {code}:\n{script.output}")
        return {"step": step} if by_step else {"seconds": round(at or 0, 3)}

    def _changes(
        self, weather: str, chosen: random.Random
    ) -> list[tuple[float, Callable[[], None]]]:
        """Return what happens to the way to the server, and after how many seconds."""
        longest = self.training.seconds
        when = sorted(chosen.uniform(0, longest) for _ in range(4))
        door = self._door
        happens: dict[str, list[Callable[[], None]]] = {
            "away": [],
            "there": [],
            "goes": [door.close],
            "returns": [door.open],
            "flaps": [door.close, door.open, door.close, door.open],
        }
        lost = chosen.choice(_LOSABLE)
        return [*zip(when, happens[weather], strict=False), (0.0, lambda: door.lose(lost))]

    def _judged(self, job: _Job, phase: str, weather: str, kills: list[Kill]) -> Trial:
        self._door.open()
        last = self._replayer(job, None)
        unsent = last.output if last.wait() else None
        self._door.forgive()
        notes = Notes.of(job.notes)
        findings = compare(notes, self._reader.contents(job.name))
        acknowledged = len(notes.done) + len(notes.settled)
        trial = Trial(phase, job.seed, weather, kills, acknowledged, unsent, findings)
        if trial.right:
            shutil.rmtree(job.folder)
        return trial

    def _job(self, name: str) -> _Job:
        return _Job(self.folder / name, f"{self.seed}-{name}")

    def _work(self, job: _Job, step: int | None) -> Script:
        arguments = (job.seed, job.name, _ACTIONS, job.notes)
        environment = self._environment(job)
        return self.zygote.run_path(WORK, *arguments, environment=environment, kill_at_step=step)

    def _replayer(self, job: _Job, step: int | None) -> Script:
        command = self.zygote.python.with_name("mlflow-ha")
        arguments = ("flush", "--timeout", _FLUSH_SECONDS)
        environment = self._environment(job)
        return self.zygote.run_path(command, *arguments, environment=environment, kill_at_step=step)

    def _environment(self, job: _Job) -> dict[str, object]:
        user, password = self.side.credentials or ("", "")
        login = {"MLFLOW_TRACKING_USERNAME": user, "MLFLOW_TRACKING_PASSWORD": password}
        return {
            **_SETTLED,
            **(login if self.side.credentials else {}),
            "MLFLOW_TRACKING_URI": self._door.uri,
            "MLFLOW_HA_SPOOL_DIR": job.folder / "spool",
        }

    @staticmethod
    def _timed(phase: Range, start: Callable[[], Script]) -> None:
        begun = time.monotonic()
        script = start()
        script.succeeded()
        phase.saw(script.steps, time.monotonic() - begun)


class _Job:
    """One script with a spool and notes of its own."""

    def __init__(self, folder: Path, seed: str) -> None:
        folder.mkdir(parents=True)
        self.folder = folder
        self.seed = seed
        self.random = random.Random(seed)  # noqa: S311  (to be repeated, not to be secret)
        # Another each time: a server may have been killed against before.
        self.name = f"killed-{uuid4().hex[:12]}"
        self.notes = folder / "notes"
