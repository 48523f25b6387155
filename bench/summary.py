"""Turns made into figures: percentiles per cell, and the ratio of each pair of turns."""

from __future__ import annotations

import math
import statistics
from collections import Counter
from collections.abc import Sequence
from typing import Any

from bench.load import Turn

PERCENTILES = (50, 95, 99)


def percentile(values: Sequence[float], share: float) -> float:
    """The nearest-rank percentile: a value that was really seen.

    Raises:
        ValueError: There are no values.
    """
    if not values:
        raise ValueError("no values: a percentile needs at least one. Run longer")
    rank = math.ceil(share / 100 * len(values))
    return sorted(values)[max(rank, 1) - 1]


def figures(turns: Sequence[Turn]) -> dict[str, Any]:
    """The figures of one side in one cell, over all its turns."""
    latencies = [latency * 1000 for turn in turns for latency in turn.latencies]
    errors: Counter[str] = sum((turn.errors for turn in turns), Counter())
    result: dict[str, Any] = {
        "requests": len(latencies) + errors.total(),
        "errors": errors.total(),
        "error_kinds": dict(errors),
        "turns_per_s": [round(turn.throughput, 1) for turn in turns],
        "throughput_per_s": round(statistics.median(turn.throughput for turn in turns), 1),
    }
    for share in PERCENTILES:
        result[f"p{share}_ms"] = round(percentile(latencies, share), 1) if latencies else None
    result["max_ms"] = round(max(latencies), 1) if latencies else None
    for cores in ("client_cores", "side_cores", "idle_side_cores", "other_cores"):
        result[cores] = round(statistics.mean(getattr(turn, cores) for turn in turns), 2)
    return result


def ratio(ours: Sequence[Turn], bare: Sequence[Turn]) -> dict[str, Any]:
    """Our throughput divided by the bare one's, for each pair of neighbouring turns."""
    pairs = [
        round(a.throughput / b.throughput, 3) if b.throughput else None
        for a, b in zip(ours, bare, strict=True)
    ]
    known = [pair for pair in pairs if pair is not None]
    return {
        "pairs": pairs,
        "median": round(statistics.median(known), 3) if known else None,
        "min": min(known, default=None),
        "max": max(known, default=None),
    }
