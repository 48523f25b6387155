"""The story of a drill in order: what the drill did, and what its clients saw. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from chaos.ledger.operation import Operation
from chaos.ledger.outage import Gap

BASELINE = "baseline started"
REDUNDANCY_REMOVED = "redundancy removed"
INJECTED = "fault injected"
LANDED = "fault landed"
HEALED = "healed"
REDUNDANCY = "redundancy restored"
STOPPED = "writers stopped"
READ_BACK = "read back"
FIRST_ERROR = "first error"
LAST_ERROR = "last error"
RESUMED = "writes resumed"


@dataclass(frozen=True, slots=True)
class Mark:
    """Something that happened at a monotonic instant."""

    at: float
    event: str
    detail: str = ""


def instant_of(marks: Iterable[Mark], event: str) -> float | None:
    """When `event` happened first."""
    return next((mark.at for mark in marks if mark.event == event), None)


def seen_by_clients(operations: Sequence[Operation], start: float, gap: Gap) -> list[Mark]:
    """The marks that only the history knows: errors after `start`, and the end of the outage."""
    errors = sorted(
        (o for o in operations if not o.acknowledged and o.completed >= start),
        key=lambda o: o.completed,
    )
    marks = []
    if errors:
        marks.append(Mark(errors[0].completed, FIRST_ERROR, errors[0].detail))
        marks.append(Mark(errors[-1].completed, LAST_ERROR, errors[-1].detail))
    if not gap.open_end:
        marks.append(Mark(gap.ended, RESUMED, f"after {gap.seconds:.2f} s without a success"))
    return marks


def in_order(*groups: Iterable[Mark]) -> list[Mark]:
    return sorted((mark for group in groups for mark in group), key=lambda mark: mark.at)
