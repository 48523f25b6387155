"""What was logged to one run, one after the other, as the one request MLflow has for it. Pure."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Self

from mlflow_ha.message import Message

MOST_VALUES = 1000
"""Metrics, parameters and tags together that MLflow takes in one request (log-batch)."""
MOST_PARAMS = 100
MOST_TAGS = 100
MOST_BYTES = 1_000_000
_ENDPOINT = "/api/2.0/mlflow/runs/log-batch"
_IDENTITY = ("run_id", "run_uuid")


@dataclass(frozen=True)
class Logged:
    """What one message logs to its run.

    Attributes:
        params: By their keys, each of which is there once.
        tags: Likewise.
        size: Bytes of its JSON.
    """

    message: Message
    run: str
    metrics: list[Any] = field(default_factory=list)
    params: dict[str, Any] = field(default_factory=dict)
    tags: dict[str, Any] = field(default_factory=dict)
    size: int = 0

    @classmethod
    def of(cls, message: Message) -> Self | None:
        """Return what a message logs, or None where it does something else or must go alone.

        What MLflow would refuse whatever it travels with goes alone, so that the caller hears it.
        """
        body = message.parameters
        content = _content(message.api, body)
        if content is None:
            return None
        metrics, params, tags = content
        logged = cls(
            message, run_of(body), metrics, _by_key(params), _by_key(tags), len(json.dumps(body))
        )
        unambiguous = len(logged.params) == len(params) and len(logged.tags) == len(tags)
        return logged if unambiguous and Batch().take(logged) else None

    @property
    def values(self) -> int:
        return len(self.metrics) + len(self.params) + len(self.tags)


class Batch:
    """Messages about one run, and the one that says the same."""

    def __init__(self) -> None:
        self.logged: list[Logged] = []
        self._metrics: list[Any] = []
        self._params: dict[str, Any] = {}
        self._tags: dict[str, Any] = {}
        self._size = 0

    @classmethod
    def first_of(cls, waiting: Iterable[Logged]) -> Batch:
        """Return as many, from the first on, as one request can carry."""
        batch = cls()
        for logged in waiting:
            if not batch.take(logged):
                break
        return batch

    def take(self, more: Logged) -> bool:
        """Add what a message logs, unless MLflow would not take it with what is there already.

        A parameter that is there must not come again: MLflow is to say itself that it does not
        change. A tag may: its later value is the one that stays.
        """
        if self.logged and not _fit(self.logged[0], more):
            return False
        tags = self._tags.keys() | more.tags.keys()
        params = len(self._params) + len(more.params)
        if (
            len(self._metrics) + len(more.metrics) + params + len(tags) > MOST_VALUES
            or params > MOST_PARAMS
            or len(tags) > MOST_TAGS
            or self._size + more.size > MOST_BYTES
            or self._params.keys() & more.params.keys()
        ):
            return False
        self.logged.append(more)
        self._metrics += more.metrics
        self._params |= more.params
        self._tags |= more.tags
        self._size += more.size
        return True

    @property
    def message(self) -> Message:
        """The first itself where it is alone."""
        first = self.logged[0]
        if len(self.logged) == 1:
            return first.message
        body = {
            "run_id": first.run,
            "metrics": self._metrics,
            "params": list(self._params.values()),
            "tags": list(self._tags.values()),
        }
        # With a key of its own: it says more than any of them.
        return Message("LogBatch", "POST", _ENDPOINT, body, first.message.headers)


def _fit(one: Logged, other: Logged) -> bool:
    return one.run == other.run and one.message.headers == other.message.headers


def run_of(body: Mapping[str, Any]) -> str:
    """Return the run that a request is about; the empty text where it is about none."""
    return str(body.get("run_id") or body.get("run_uuid") or "")


def _content(api: str, body: Mapping[str, Any]) -> tuple[list[Any], list[Any], list[Any]] | None:
    """The metrics, parameters and tags that a request logs; None where it logs none."""
    fields = {name: value for name, value in body.items() if name not in _IDENTITY}
    match api:
        case "LogMetric":
            return [fields], [], []
        case "LogParam":
            return [], [fields], []
        case "SetTag":
            return [], [], [fields]
        case "LogBatch":
            return body.get("metrics", []), body.get("params", []), body.get("tags", [])
    return None


def _by_key(pairs: Iterable[Mapping[str, Any]]) -> dict[str, Any]:
    return {str(pair.get("key")): pair for pair in pairs}
