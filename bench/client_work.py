"""Logs as it is told on its input, one line of JSON each, and says how long it took.

It runs in a process of its own and knows nothing of mlflow_ha: whether that is there, its
environment decides.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable
from typing import Any

import mlflow
from mlflow import MlflowClient
from mlflow.entities import Metric
from mlflow.tracking._tracking_service.utils import _get_store

_steps = iter(range(sys.maxsize))
_BATCH = 100


def begin(experiment: str) -> str:
    """Begin a run; return which store MLflow has chosen."""
    mlflow.set_experiment(experiment)
    mlflow.start_run()
    return type(_get_store()).__module__


def timed(call: str, times: int) -> list[float]:
    """Seconds that each of some calls took."""
    act = CALLS[call]
    taken = []
    for _ in range(times):
        begun = time.perf_counter()
        act()
        taken.append(time.perf_counter() - begun)
    return taken


def burst(experiment: str, seconds: float) -> dict[str, Any]:
    """Log to a run of its own as fast as it goes, and end the run; the end counts."""
    mlflow.end_run()
    mlflow.set_experiment(experiment)
    ident = mlflow.start_run().info.run_id
    calls, begun = 0, time.perf_counter()
    while time.perf_counter() < begun + seconds:
        mlflow.log_metric("m", float(calls), step=calls)
        calls += 1
    returned = time.perf_counter() - begun
    mlflow.end_run()
    return {
        "run": ident,
        "calls": calls,
        "seconds_of_calls": returned,
        "seconds": time.perf_counter() - begun,
    }


def _log_metric() -> None:
    mlflow.log_metric("m", 1.0, step=next(_steps))


def _log_batch() -> None:
    run = mlflow.active_run()
    assert run  # noqa: S101  (begun before)
    step = next(_steps)
    values = [Metric(f"m{number}", 1.0, step, step) for number in range(_BATCH)]
    MlflowClient().log_batch(run.info.run_id, values)


def _get_run() -> None:
    run = mlflow.active_run()
    assert run  # noqa: S101  (begun before)
    mlflow.get_run(run.info.run_id)


CALLS = {"log_metric": _log_metric, "log_batch": _log_batch, "get_run": _get_run}
WORK: dict[str, Callable[..., Any]] = {"begin": begin, "timed": timed, "burst": burst}

if __name__ == "__main__":
    # MLflow has things of its own to say at the end of a run.
    answers, sys.stdout = sys.stdout, sys.stderr
    for line in sys.stdin:
        order = json.loads(line)
        print(json.dumps(WORK[order.pop("do")](**order)), file=answers, flush=True)
