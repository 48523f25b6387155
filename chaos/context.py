"""The drill that runs now, for the plain functions that Chaos Toolkit calls.

chaoslib finds actions and probes by module and name, so they cannot be handed anything. This is the
one place they get it from, and there is one drill at a time.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from chaos.clock import Clock
from chaos.crews.crews import Crews
from chaos.crews.passage import REPLIES, Passage, replies_lost
from chaos.ledger.client import Client
from chaos.ledger.history import History
from chaos.ledger.operation import Outcome
from chaos.ledger.writers import Writers
from chaos.progress import Progress
from chaos.target import Fault, Target
from chaos.timeline import Mark, instant_of
from chaos.verdict import Limits
from settings import Settings

POLL = 0.2


class DeadlineMissed(Exception):  # noqa: N818  a finding, not a defect of the program
    """Something that was waited for did not happen in time."""


@dataclass
class DrillRun:
    """Everything one drill shares between its activities."""

    target: Target
    settings: Settings
    limits: Limits
    clock: Clock
    client: Client
    history: History
    writers: Writers
    crews: Crews
    progress: Progress
    marks: list[Mark] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)
    """Injected and perhaps not yet healed, in order."""
    instances: dict[str, str] = field(default_factory=dict)
    """The MLflow instances as they were before the fault."""
    waited_since: float | None = None
    """Redundancy counted from this instant was waited for already."""
    passage: Passage | None = None
    """The crews' way to the service, if it is to lose replies."""
    impossible: str | None = None
    """Why the target cannot do this drill."""

    def mark(self, event: str, detail: str = "", *, at: float | None = None) -> Mark:
        """Note that `event` happens now, and show it."""
        mark = Mark(self.clock.now() if at is None else at, event, detail)
        self.marks.append(mark)
        text = f"{event}: {detail}" if detail else event
        self.progress.event(mark.at - self.clock.monotonic, text)
        return mark

    def fault(self, verb: str, role: str) -> Fault:
        """The fault `verb` for whoever plays `role` at this moment.

        Raises:
            NotPossible: This target cannot do it.
        """
        if role == REPLIES:
            return replies_lost(self.passage)
        return self.target.fault(verb, role)

    def at(self, event: str) -> float | None:
        return instant_of(self.marks, event)

    def wait(
        self, label: str, within: float, done: Callable[[], str | None], every: float = POLL
    ) -> None:
        """Ask `done` until it returns None.

        Args:
            label: What is waited for, in the progress line and in the error.
            within: Seconds to wait.
            done: Returns what is still in the way.
            every: Pause between two questions.

        Raises:
            DeadlineMissed: It was never done.
        """
        started = self.clock.now()
        while (obstacle := done()) is not None:
            waited = self.clock.now() - started
            if waited >= within:
                raise DeadlineMissed(f"{label}: not within {within:g} s: {obstacle}")
            self.tell(f"{label} ({waited:.0f} s): {obstacle}")
            time.sleep(every)

    def tell(self, text: str) -> None:
        """Show what is going on, with the writers' numbers."""
        acknowledged = self.history.count(Outcome.ACKNOWLEDGED)
        failed = self.history.count(Outcome.FAILED)
        doubtful = self.history.count(Outcome.INDETERMINATE)
        self.progress.status(
            f"{acknowledged} acknowledged, {failed} failed, {doubtful} in doubt · {text}"
        )


_current: DrillRun | None = None


@contextmanager
def running(run: DrillRun) -> Iterator[DrillRun]:
    """Make `run` the current one."""
    global _current  # noqa: PLW0603  the one place, see the module's docstring
    if _current is not None:
        raise RuntimeError("a drill is running already in this process. Run them one by one")
    _current = run
    try:
        yield run
    finally:
        _current = None


def current() -> DrillRun:
    """The drill that runs now.

    Raises:
        RuntimeError: None does: an activity was called outside `python -m chaos run`.
    """
    if _current is None:
        raise RuntimeError("no drill is running. Start it with `python -m chaos run NAME`")
    return _current
