"""All crews of one drill, side by side."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from chaos.crews import environment
from chaos.crews.books import CrewBooks, balance
from chaos.crews.crew import Crew
from chaos.crews.kind import CrewKind
from chaos.crews.reading import kept_of
from chaos.crews.replay import Replay
from chaos.ledger.client import ServiceSilent
from chaos.target import FrontDoor

READY_WITHIN = 120.0
"""Seconds for importing MLflow and making experiment and models, on a crowded machine."""
END_WITHIN = 150.0
"""Seconds for calls that are under way. MLflow's own client sleeps up to 64 s between its sixth
attempt and its seventh."""
REPLAY_WITHIN = 300.0
"""Seconds. A crew keeps up to 12 calls per second, and they are sent one after another."""
_GLANCE = 0.2


@dataclass(frozen=True, slots=True)
class Pace:
    """How much each crew works.

    Attributes:
        threads: At the same time.
        pause: Seconds that each rests after a round of three calls.
    """

    threads: int
    pause: float


OF_TRAINING = Pace(threads=2, pause=0.5)
"""Training does something else between two calls. Without a rest the crews, beside the writers,
would measure how crowded the machine is."""


class CrewFailed(Exception):  # noqa: N818  a finding, not a defect of the program
    """A crew could not start."""


class Crews:
    """One crew of each kind; with no kinds, nothing."""

    def __init__(
        self, kinds: Sequence[CrewKind], door: FrontDoor, *, prefix: str, folder: Path
    ) -> None:
        """Start nothing yet.

        Args:
            kinds: Which clients work.
            door: Where, and as whom.
            prefix: Begins the names of everything they make; never used before.
            folder: Each has one of its own below.
        """
        self._kinds = kinds
        self._door = door
        self._prefix = prefix
        self._folder = folder
        self._crews: list[Crew] = []
        self._replays: dict[str, Replay | None] = {}

    def start(self, tell: Callable[[str], None], pace: Pace = OF_TRAINING) -> None:
        """Return when all of them work.

        Args:
            tell: What is waited for.
            pace: Of each.

        Raises:
            CrewFailed: One could not start.
            NoEnvironment: The client's wheel could not be installed.
        """
        for kind in self._kinds:
            python = environment.with_the_shim() if kind.shim else environment.stock()
            crew = Crew(
                kind,
                python,
                self._door,
                name=f"{self._prefix}-{kind.name}",
                folder=self._folder / kind.name,
            )
            crew.start(threads=pace.threads, pause=pace.pause)
            self._crews.append(crew)
        until = time.monotonic() + READY_WITHIN
        while late := [crew.kind.name for crew in self._crews if not crew.diary().ready]:
            if ended := [text for crew in self._crews if (text := crew.ended_by_itself())]:
                raise CrewFailed("; ".join(ended))
            if time.monotonic() > until:
                raise CrewFailed(f"not ready within {READY_WITHIN:g} s: {', '.join(late)}")
            tell(f"waiting for {', '.join(late)} to be ready")
            time.sleep(_GLANCE)

    def attempted(self) -> Mapping[str, int]:
        """Calls of each crew up to now."""
        return {crew.kind.name: len(crew.diary().operations) for crew in self._crews}

    def ask_to_stop(self) -> None:
        """Let each finish the calls it is in; do not wait for it."""
        for crew in self._crews:
            crew.ask_to_stop()

    def end(self) -> None:
        """Wait for their ends and for the replay of what their spools hold."""
        self.ask_to_stop()
        until = time.monotonic() + END_WITHIN
        for crew in self._crews:
            crew.end(max(0.0, until - time.monotonic()))
        for crew in self._crews:
            if crew.diary().ready:
                self._replays[crew.kind.name] = crew.flush(REPLAY_WITHIN)

    def close(self) -> None:
        """End what still runs, at once."""
        for crew in self._crews:
            crew.end(0)

    def troubles(self) -> list[str]:
        """What kept a crew from working to the end, a sentence each."""
        return [crew.trouble for crew in self._crews if crew.trouble]

    def books(self) -> list[CrewBooks]:
        """Read back what each of them made; they have ended."""
        found = []
        for crew in self._crews:
            diary = crew.diary()
            try:
                present = kept_of(diary, self._door)
            except ServiceSilent:
                present = None
            replay = self._replays.get(crew.kind.name)
            found.append(balance(crew.kind, diary, present, replay))
        return found
