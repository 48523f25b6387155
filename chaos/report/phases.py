"""The phases of a drill, for colouring its plot. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from chaos import timeline
from chaos.ledger.outage import Gap
from chaos.timeline import Mark, instant_of


@dataclass(frozen=True, slots=True)
class Phase:
    """A stretch of time with one state of the service."""

    name: str
    began: float
    ended: float


def phases(marks: Sequence[Mark], gap: Gap | None, ended: float) -> list[Phase]:
    """Baseline, outage, degraded, restored: those that took place, in order, without overlap."""
    injected = instant_of(marks, timeline.INJECTED)
    began = instant_of(marks, timeline.BASELINE)
    if began is None:
        return []
    if injected is None or gap is None:
        return [Phase("baseline", began, ended)]
    restored = instant_of(marks, timeline.REDUNDANCY)
    found = [
        Phase("baseline", began, injected),
        Phase("degraded", injected, gap.began),
        Phase("outage", gap.began, gap.ended),
    ]
    if restored is None:
        found.append(Phase("degraded", gap.ended, ended))
    else:
        found.append(Phase("degraded", gap.ended, max(gap.ended, restored)))
        found.append(Phase("restored", max(gap.ended, restored), ended))
    return [phase for phase in found if phase.ended > phase.began]
