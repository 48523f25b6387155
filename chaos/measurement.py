"""Turn a drill's marks and history into what the verdict is about. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from chaos import timeline
from chaos.crews.books import CrewBooks
from chaos.ledger.judge import Account
from chaos.ledger.operation import Operation
from chaos.ledger.outage import Latency, first_success_invoked_after, latency, longest_gap
from chaos.timeline import Mark, instant_of
from chaos.verdict import Measured


@dataclass(frozen=True, slots=True)
class Observed:
    """What a drill leaves behind."""

    operations: Sequence[Operation]
    marks: Sequence[Mark]
    ended: float
    account: Account | None
    mishaps: Sequence[str]
    crews: Sequence[CrewBooks] = field(default_factory=tuple)


def measure(seen: Observed) -> Measured:
    """Everything that a verdict needs."""
    injected = instant_of(seen.marks, timeline.INJECTED)
    if injected is None:
        return Measured(
            account=seen.account, outage=None, mishaps=tuple(seen.mishaps), crews=seen.crews
        )
    began = instant_of(seen.marks, timeline.BASELINE) or injected
    return Measured(
        account=seen.account,
        outage=longest_gap(seen.operations, injected, _end(seen)),
        baseline=sum(o.acknowledged and began <= o.completed < injected for o in seen.operations),
        refused_before=sum(not o.acknowledged and o.completed < injected for o in seen.operations),
        unfinished=sum(not o.acknowledged and o.completed >= injected for o in seen.operations),
        redundancy=_redundancy(seen.marks, injected),
        resumed_after_healing=_after_healing(seen),
        mishaps=tuple(seen.mishaps),
        crews=seen.crews,
    )


def story(seen: Observed, measured: Measured) -> list[Mark]:
    """All marks in order: what the drill did, and what its clients saw."""
    injected = instant_of(seen.marks, timeline.INJECTED)
    if injected is None or measured.outage is None:
        return timeline.in_order(seen.marks)
    clients = timeline.seen_by_clients(seen.operations, injected, measured.outage)
    return timeline.in_order(seen.marks, clients)


def recovery(seen: Observed) -> float | None:
    """Seconds from the fault until a create that was sent after it had succeeded."""
    injected = instant_of(seen.marks, timeline.INJECTED)
    if injected is None:
        return None
    success = first_success_invoked_after(seen.operations, injected)
    return None if success is None else success - injected


def outage_of_old_connections(seen: Observed) -> float | None:
    """The outage as those saw it who were connected before: newcomers left out.

    Bounded by the client's own timeout if the fault left its connection silent.
    """
    injected = instant_of(seen.marks, timeline.INJECTED)
    if injected is None:
        return None
    old = [o for o in seen.operations if not o.newcomer]
    return longest_gap(old, injected, _end(seen)).seconds


def latencies(seen: Observed) -> dict[str, Latency]:
    """Before the fault, and from it to the end."""
    injected = instant_of(seen.marks, timeline.INJECTED)
    border = seen.ended if injected is None else injected
    start = instant_of(seen.marks, timeline.BASELINE) or border
    return {
        "before": latency(seen.operations, start, border),
        "after": latency(seen.operations, border, seen.ended),
    }


def _end(seen: Observed) -> float:
    stopped = instant_of(seen.marks, timeline.STOPPED)
    return seen.ended if stopped is None else stopped


def _redundancy(marks: Sequence[Mark], injected: float) -> float | None:
    restored = instant_of(marks, timeline.REDUNDANCY)
    if restored is None:
        return None
    healed = instant_of(marks, timeline.HEALED)
    return restored - (injected if healed is None else healed)


def _after_healing(seen: Observed) -> float | None:
    healed = instant_of(seen.marks, timeline.HEALED)
    if healed is None:
        return None
    success = first_success_invoked_after(seen.operations, healed)
    return None if success is None else success - healed
