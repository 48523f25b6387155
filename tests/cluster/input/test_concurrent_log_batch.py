"""96 log_batch calls of 100 metrics at once all succeed; a stock connection pool fails some.

That it does is measured by `python -m bench connections`. The stock client's retries are off here,
so that an error counts even where a second attempt would have hidden it.
"""

from __future__ import annotations

import threading
import time
import uuid
from concurrent.futures import ThreadPoolExecutor

import pytest
from mlflow import MlflowClient
from mlflow.entities import Metric
from mlflow.exceptions import MlflowException

from bench.burst import CALLS, METRICS, burst
from bench.target import front_door
from local.cluster import Cluster

pytestmark = pytest.mark.cluster

GATE_SECONDS = 30


def test_96_stock_clients_without_retries_log_their_batches_at_once(
    tracking: MlflowClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each to a run of its own; every metric is there afterwards with its value."""
    monkeypatch.setenv("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "0")
    experiment = tracking.create_experiment(f"log-batch-{uuid.uuid4().hex[:8]}")
    run_ids = [tracking.create_run(experiment).info.run_id for _ in range(CALLS)]
    now = int(time.time() * 1000)
    values = {f"metric-{number}": float(number) for number in range(METRICS)}
    batch = [Metric(key, value, now, 0) for key, value in values.items()]
    gate = threading.Barrier(CALLS, timeout=GATE_SECONDS)

    def log(run_id: str) -> str | None:
        gate.wait()
        try:
            tracking.log_batch(run_id, metrics=batch, synchronous=True)
        except MlflowException as error:
            return str(error)
        return None

    with ThreadPoolExecutor(CALLS) as pool:
        failures = [failure for failure in pool.map(log, run_ids) if failure]

    assert not failures, f"{len(failures)} of {CALLS} failed, the first: {failures[0]}"
    for run_id in run_ids:
        assert tracking.get_run(run_id).data.metrics == values


def test_96_batches_that_arrive_at_one_instant_are_all_logged(cluster: Cluster) -> None:
    """Written beforehand and sent raw: the stock client's own work would spread them out."""
    seen = burst(front_door(cluster))

    assert not seen.failures, f"{len(seen.failures)} of {CALLS} failed: {seen.failures[0]}"
    assert seen.rows == CALLS * METRICS
