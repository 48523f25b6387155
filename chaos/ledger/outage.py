"""How long clients went without success, and how slow success was. Pure."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from chaos.ledger.operation import Operation


@dataclass(frozen=True, slots=True)
class Gap:
    """A stretch of time in which no create succeeded anywhere."""

    began: float
    ended: float
    open_end: bool = False
    """True if no success ended it, only the end of the observation."""

    @property
    def seconds(self) -> float:
        return self.ended - self.began


def longest_gap(operations: Iterable[Operation], start: float, end: float) -> Gap:
    """The longest stretch of [start, end] between completions of successful creates.

    The borders count as completions, so a service that never comes back has a gap up to `end`.
    """
    if end < start:
        raise ValueError(f"end {end} lies before start {start}. Pass the window in order")
    successes = sorted(o.completed for o in operations if o.acknowledged)
    borders = [start, *(t for t in successes if start < t < end)]
    gaps = [Gap(a, b) for a, b in itertools.pairwise(borders)]
    gaps.append(Gap(borders[-1], end, open_end=not any(t >= end for t in successes)))
    return max(gaps, key=lambda gap: gap.seconds)


def first_success_invoked_after(operations: Iterable[Operation], instant: float) -> float | None:
    """When the first create that was sent after `instant` had succeeded."""
    return min(
        (o.completed for o in operations if o.acknowledged and o.invoked >= instant), default=None
    )


@dataclass(frozen=True, slots=True)
class Latency:
    """Quantiles of the latency of successful creates, in seconds."""

    count: int
    p50: float | None = None
    p95: float | None = None
    p99: float | None = None
    max: float | None = None


def latency(operations: Iterable[Operation], start: float, end: float) -> Latency:
    """Latency of the creates that were sent in [start, end) and succeeded."""
    values = sorted(o.latency for o in operations if o.acknowledged and start <= o.invoked < end)
    if not values:
        return Latency(count=0)
    return Latency(
        count=len(values),
        p50=quantile(values, 0.50),
        p95=quantile(values, 0.95),
        p99=quantile(values, 0.99),
        max=values[-1],
    )


def quantile(ascending: Sequence[float], share: float) -> float:
    """The smallest value that at least `share` of all values do not exceed (nearest rank)."""
    return ascending[max(0, math.ceil(share * len(ascending)) - 1)]
