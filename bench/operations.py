"""What is measured: each operation as a client would do it, prepared outside the clock.

`registration` is one create_model_version of a model that exists: what a training job does at its
end. `first_registration` creates the registered model as well: two requests, timed as one.
`log_batch` logs a hundred metrics in one request. Every thread has a run and a model of its own,
like a training job, so that what is measured is the service and not one locked row.
"""

from __future__ import annotations

import itertools
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from bench.side import Connection

METRICS_PER_BATCH = 100

Unit = Callable[[], None]


@dataclass(frozen=True, kw_only=True)
class Operation:
    """A name for the report, its meaning, and how one thread makes itself ready for it."""

    name: str
    meaning: str
    prepare: Callable[[Connection, str], Unit]


def _registration(connection: Connection, label: str) -> Unit:
    run_id, source = _run(connection, label)
    _create_model(connection, label)
    return partial(_create_version, connection, label, run_id, source)


def _first_registration(connection: Connection, label: str) -> Unit:
    run_id, source = _run(connection, label)
    numbers = itertools.count()

    def register() -> None:
        name = f"{label}-{next(numbers)}"
        _create_model(connection, name)
        _create_version(connection, name, run_id, source)

    return register


def _log_batch(connection: Connection, label: str) -> Unit:
    run_id, _ = _run(connection, label)
    steps = itertools.count()

    def log() -> None:
        now, step = int(time.time() * 1000), next(steps)
        metrics = [
            {"key": f"metric-{number}", "value": number / 7, "timestamp": now, "step": step}
            for number in range(METRICS_PER_BATCH)
        ]
        connection.post("runs/log-batch", {"run_id": run_id, "metrics": metrics})

    return log


def _run(connection: Connection, label: str) -> tuple[str, str]:
    """A new run in the default experiment: its id, and where a model of it would lie."""
    start = int(time.time() * 1000)
    request = {"experiment_id": "0", "run_name": label, "start_time": start}
    info = connection.post("runs/create", request)["run"]["info"]
    return info["run_id"], f"{info['artifact_uri']}/model"


def _create_model(connection: Connection, name: str) -> None:
    connection.post("registered-models/create", {"name": name})


def _create_version(connection: Connection, name: str, run_id: str, source: str) -> None:
    version = {"name": name, "run_id": run_id, "source": source}
    connection.post("model-versions/create", version)


OPERATIONS = (
    Operation(
        name="registration",
        meaning="create_model_version of a registered model; one model per thread",
        prepare=_registration,
    ),
    Operation(
        name="first_registration",
        meaning="create_registered_model and its first version; two requests timed as one",
        prepare=_first_registration,
    ),
    Operation(
        name="log_batch",
        meaning=f"log_batch of {METRICS_PER_BATCH} metrics; one run per thread",
        prepare=_log_batch,
    ),
)
