"""Operations that may travel together: what was logged to one run, one after the other. Pure.

A hundred log_metric calls of an outage then cost one request, and the server sees the same values.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from mlflow_ha.message import Message
from mlflow_ha.spool.log import Operation

AT_MOST = 900
"""MLflow takes 1000 metrics, parameters and tags in one request."""
_PARAMS, _TAGS = 100, 100
_ENDPOINT = "/api/2.0/mlflow/runs/log-batch"
_IDENTITY = ("run_id", "run_uuid")


@dataclass
class _Batch:
    metrics: list[Any] = field(default_factory=list)
    params: dict[str, Any] = field(default_factory=dict)
    tags: dict[str, Any] = field(default_factory=dict)

    def takes(self, more: _Batch) -> bool:
        """Whether it is within MLflow's bounds with `more`; a key may be there once."""
        total = sum(len(part) for b in (self, more) for part in (b.metrics, b.params, b.tags))
        return (
            total <= AT_MOST
            and len(self.params) + len(more.params) <= _PARAMS
            and len(self.tags) + len(more.tags) <= _TAGS
            and not self.params.keys() & more.params.keys()
            and not self.tags.keys() & more.tags.keys()
        )

    def add(self, more: _Batch) -> None:
        self.metrics += more.metrics
        self.params |= more.params
        self.tags |= more.tags


def together(operations: Sequence[Operation]) -> tuple[list[Operation], Message]:
    """Return the operations from the first on that one message can carry, and the message.

    Args:
        operations: In order, at least one.
    """
    first = operations[0]
    batch = _content(first.message)
    if batch is None:
        return [first], first.message
    taken = [first]
    for operation in operations[1:]:
        more = _content(operation.message)
        same_run = _run(operation.message) == _run(first.message)
        if more is None or not same_run or not batch.takes(more):
            break
        batch.add(more)
        taken.append(operation)
    if len(taken) == 1:
        return taken, first.message
    body = {
        "run_id": _run(first.message),
        "metrics": batch.metrics,
        "params": list(batch.params.values()),
        "tags": list(batch.tags.values()),
    }
    # With a key of its own: the server may know the first one's already, and do nothing more.
    return taken, Message("LogBatch", "POST", _ENDPOINT, body, first.message.headers)


def _run(message: Message) -> str:
    body = message.parameters
    return str(body.get("run_id") or body.get("run_uuid"))


def _content(message: Message) -> _Batch | None:
    """What a message logs to its run, or None where it does something else."""
    body = message.parameters
    fields = {name: value for name, value in body.items() if name not in _IDENTITY}
    match message.api:
        case "LogMetric":
            return _Batch(metrics=[fields])
        case "LogParam":
            return _Batch(params={body["key"]: fields})
        case "SetTag":
            return _Batch(tags={body["key"]: fields})
        case "LogBatch":
            return _Batch(
                list(body.get("metrics", [])), _by_key(body, "params"), _by_key(body, "tags")
            )
    return None


def _by_key(body: Mapping[str, Any], name: str) -> dict[str, Any]:
    return {pair["key"]: pair for pair in body.get(name, [])}
