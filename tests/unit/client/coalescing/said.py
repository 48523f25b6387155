"""Messages that log something, and a server of one process that does what MLflow does with them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from mlflow.exceptions import RestException
from mlflow_ha.batch import Batch, Logged
from mlflow_ha.deadline import Deadline
from mlflow_ha.errors import MlflowHaError, TrackingUnavailable
from mlflow_ha.message import Message

API = "/api/2.0/mlflow/runs"


def metric(run: str, key: str, value: float, step: int = 0) -> Message:
    body = {"run_id": run, "run_uuid": run, "key": key, "value": value, "step": step}
    return Message("LogMetric", "POST", f"{API}/log-metric", {**body, "timestamp": 1})


def param(run: str, key: str, value: str) -> Message:
    body = {"run_id": run, "run_uuid": run, "key": key, "value": value}
    return Message("LogParam", "POST", f"{API}/log-parameter", body)


def tag(run: str, key: str, value: str) -> Message:
    return Message("SetTag", "POST", f"{API}/set-tag", {"run_id": run, "key": key, "value": value})


def batch(run: str, **content: list[dict[str, Any]]) -> Message:
    return Message("LogBatch", "POST", f"{API}/log-batch", {"run_id": run, **content})


def logged(message: Message) -> Logged:
    found = Logged.of(message)
    assert found
    return found


@dataclass
class Run:
    """What a server holds of one."""

    metrics: list[tuple[str, float, int]] = field(default_factory=list)
    params: dict[str, str] = field(default_factory=dict)
    tags: dict[str, str] = field(default_factory=dict)


class Server:
    """Does what it is asked in one go, or refuses it whole: parameters do not change.

    Attributes:
        away: Whether nothing reaches it.
        runs: What it holds.
        requests: How many it has seen.
        most: The most values that came in one.
    """

    def __init__(self) -> None:
        self.away_now = False
        self.runs: dict[str, Run] = {}
        self.requests: list[Message] = []

    def send(self, batch: Batch, deadline: Deadline) -> None:
        del deadline
        if self.away_now:
            raise self.away("it is told to be away", 0)
        self.ask(batch.message)

    def away(self, what: str, waiting: int) -> MlflowHaError:
        del waiting
        return TrackingUnavailable(what, server="http://server", state="OPEN", retry_after=1)

    def ask(self, message: Message) -> None:
        self.requests.append(message)
        content = logged(message)
        run = self.runs.setdefault(content.run, Run())
        for key, pair in content.params.items():
            if run.params.get(key, pair["value"]) != pair["value"]:
                told = {"error_code": "INVALID_PARAMETER_VALUE", "message": f"{key} changes"}
                raise RestException(told)
        run.params |= {key: pair["value"] for key, pair in content.params.items()}
        run.metrics += [(m["key"], m["value"], m["step"]) for m in content.metrics]
        run.tags |= {key: pair["value"] for key, pair in content.tags.items()}


def one_by_one(messages: Iterable[Message]) -> tuple[dict[str, Run], int]:
    """Return what a server holds that was asked in turn, and how much it refused."""
    server, refused = Server(), 0
    for message in messages:
        try:
            server.ask(message)
        except RestException:
            refused += 1
    return server.runs, refused
