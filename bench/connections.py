"""The same bursts of log_batch against stock connection pools and against ours.

Two stock servers, because a default one has four workers with a pool each: how a burst spreads
over them is chance, and with one worker it meets one pool of 15.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import Any

from bench.bare import bare_mlflow
from bench.burst import CALLS, METRICS, burst
from bench.side import Side
from bench.target import front_door
from local.cluster import attach

ROUNDS = 1
STOCK = {"stock, 4 workers": (), "stock, 1 worker": ("--workers", "1")}

Progress = Callable[[str], None]


def measure(progress: Progress) -> dict[str, Any]:
    """Burst against each, and count failures and rows."""
    sides = {"ours": _rounds(front_door(attach()), "ours", progress)}
    for name, options in STOCK.items():
        progress(f"starting the bare MLflow: {name}")
        with bare_mlflow(*options) as side:
            sides[name] = _rounds(side, name, progress)
    ours = sides["ours"]
    return {
        "calls_per_round": CALLS,
        "metrics_per_call": METRICS,
        "rounds": ROUNDS,
        "sides": sides,
        "met": ours["failed"] == 0 and ours["rows"] == ROUNDS * CALLS * METRICS,
    }


def _rounds(side: Side, name: str, progress: Progress) -> dict[str, Any]:
    bursts = []
    for number in range(1, ROUNDS + 1):
        seen = burst(side)
        bursts.append(seen)
        progress(f"{name}, round {number}: {len(seen.failures)} failed in {seen.seconds:.1f} s")
    failures = [failure for seen in bursts for failure in seen.failures]
    kinds = Counter(failure.partition("(Background")[0][:160] for failure in failures)
    return {
        "calls": ROUNDS * CALLS,
        "failed": len(failures),
        "failure_kinds": dict(kinds),
        "rows": sum(seen.rows for seen in bursts),
        "seconds": [round(seen.seconds, 2) for seen in bursts],
    }
