"""Many log_batch requests that arrive at one instant, each sent once.

log_batch takes a second database connection while it holds the first. Once as many requests as a
pool has connections hold their first, all wait for each other until the pool gives up, and MLflow
answers 400, which no client retries.

The requests are written beforehand and sent raw: MLflow's own client, 96 threads of it in one
process, takes seconds to put them into JSON, and they would arrive one after the other.
"""

from __future__ import annotations

import http.client
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing
from dataclasses import dataclass

from bench.side import Connection, RefusedError, Side

CALLS = 96
METRICS = 100
GATE_SECONDS = 60.0


@dataclass(frozen=True, kw_only=True)
class Burst:
    """What became of the requests."""

    failures: list[str]
    """The error of each request that failed."""
    rows: int
    """Metrics found afterwards with their right values."""
    seconds: float


def burst(side: Side, *, calls: int = CALLS) -> Burst:
    """Log METRICS metrics to each of `calls` new runs, all at once, and read them back."""
    with closing(side.connect()) as connection:
        run_ids = [_new_run(connection) for _ in range(calls)]
    begun = time.monotonic()
    failures = _send_all(side, run_ids)
    seconds = time.monotonic() - begun
    with closing(side.connect()) as connection:  # a new one: servers close those that idled
        rows = sum(_rows(connection, run_id) for run_id in run_ids)
    return Burst(failures=failures, rows=rows, seconds=seconds)


def _send_all(side: Side, run_ids: list[str]) -> list[str]:
    gate = threading.Barrier(len(run_ids), timeout=GATE_SECONDS)
    now = int(time.time() * 1000)
    metrics = [
        {"key": f"metric-{number}", "value": number, "timestamp": now, "step": 0}
        for number in range(METRICS)
    ]

    def send(connection: Connection, run_id: str) -> str | None:
        request = connection.prepare("runs/log-batch", {"run_id": run_id, "metrics": metrics})
        gate.wait()
        try:
            request()
        except (RefusedError, OSError, http.client.HTTPException) as error:
            return f"{type(error).__name__}: {error}"
        return None

    with ExitStack() as stack, ThreadPoolExecutor(len(run_ids)) as pool:
        connections = [stack.enter_context(closing(side.connect())) for _ in run_ids]
        outcomes = list(pool.map(send, connections, run_ids))
    return [outcome for outcome in outcomes if outcome is not None]


def _new_run(connection: Connection) -> str:
    request = {"experiment_id": "0", "start_time": int(time.time() * 1000)}
    return str(connection.post("runs/create", request)["run"]["info"]["run_id"])


def _rows(connection: Connection, run_id: str) -> int:
    data = connection.get("runs/get", {"run_id": run_id})["run"]["data"]
    found = {metric["key"]: metric["value"] for metric in data.get("metrics", [])}
    return sum(found.get(f"metric-{number}") == number for number in range(METRICS))
