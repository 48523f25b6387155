"""What an old primary still said after it was cut off: drills start a witness and question it.

Chaos Toolkit calls the functions here by name.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

from chaos import timeline
from chaos.context import current
from chaos.drill import resolve
from chaos.target import FaultMissed, NotPossible

WITNESS_READ = "old primary: last read"


class OldPrimaryAcknowledged(Exception):  # noqa: N818  a finding, not a defect of the program
    """It said yes to a write that the new primary does not have."""


class OldPrimaryAnswered(Exception):  # noqa: N818  a finding, not a defect of the program
    """It went on answering reads as a primary for longer than allowed."""


@dataclass(frozen=True, slots=True)
class Seen:
    """What a witness was told, with monotonic instants.

    Attributes:
        reads: When the old primary answered a read as a primary.
        acknowledged: Keys it said it had written, and when.
    """

    reads: Sequence[float]
    acknowledged: Sequence[tuple[str, float]]


class Witness(Protocol):
    """Asks one PostgreSQL directly."""

    @property
    def host(self) -> str: ...
    def start(self) -> None: ...
    def stop(self) -> Seen: ...
    def kept(self) -> Collection[str]:
        """The keys that the primary of now holds."""
        ...


@runtime_checkable
class Witnessed(Protocol):
    """A target that lets somebody ask its primary past poolers and balancers."""

    def witness(self) -> Witness: ...


def lost(seen: Seen, kept: Collection[str]) -> list[str]:
    """The keys that were acknowledged and are gone."""
    return [key for key, _ in seen.acknowledged if key not in kept]


def answered_for(seen: Seen, since: float) -> float:
    """Seconds from `since` to the last read answered as a primary; 0 if there was none."""
    return max((at - since for at in seen.reads if at > since), default=0.0)


_witnesses: list[Witness] = []


def watch_primary() -> None:
    """Put a witness beside the primary of now."""
    run = current()
    _witnesses.clear()
    if not isinstance(run.target, Witnessed):
        run.impossible = f"the target {run.target.name!r} lets nobody ask its primary directly"
        raise NotPossible(run.impossible)
    witness = run.target.witness()
    witness.start()
    _witnesses.append(witness)


def old_primary_kept_silent(since: str, within: str) -> float:
    """Question the witness, who is sent home: no acknowledged write is gone, reads ended in time.

    Args:
        since: "injected", or "healed" for a host that could not answer before.
        within: Settings key of how long it may answer reads as a primary.
    """
    run = current()
    if not _witnesses:
        raise FaultMissed("nobody watched the primary. Start with watch_primary")
    witness = _witnesses.pop()
    seen = witness.stop()
    border = run.at({"injected": timeline.INJECTED, "healed": timeline.HEALED}[since])
    if border is None or not seen.acknowledged:
        raise FaultMissed("the witness saw nothing before the fault")
    if gone := lost(seen, witness.kept()):
        raise OldPrimaryAcknowledged(f"{witness.host} acknowledged {', '.join(gone)}; it is gone")
    seconds = answered_for(seen, border)
    run.mark(WITNESS_READ, f"{witness.host}, {seconds:.1f} s after it was {since}")
    allowed = resolve(run.settings, within)
    if seconds > allowed:
        raise OldPrimaryAnswered(
            f"{witness.host} answered reads as a primary for {seconds:.1f} s after it was {since}, "
            f"allowed are {allowed:g} s"
        )
    return seconds
