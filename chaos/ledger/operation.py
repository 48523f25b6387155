"""One create, as the client saw it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any

NEWCOMER = "newcomer-"
"""Begins the key of a create that came over a new connection."""


class Outcome(StrEnum):
    """What the client knows afterwards."""

    ACKNOWLEDGED = "acknowledged"
    FAILED = "failed"
    """Certainly not applied."""
    INDETERMINATE = "indeterminate"
    """Applied or not: the client cannot tell."""


@dataclass(frozen=True, slots=True)
class Operation:
    """A create that was sent exactly once.

    `invoked` and `completed` come from the monotonic clock, so that a clock step cannot bend an
    outage; `at` is the wall clock at invocation, for people and for other machines' logs.
    """

    key: str
    kind: str
    thread: int
    invoked: float
    completed: float
    at: float
    outcome: Outcome
    status: int | None = None
    request_id: str | None = None
    detail: str = ""

    @property
    def latency(self) -> float:
        return self.completed - self.invoked

    @property
    def acknowledged(self) -> bool:
        return self.outcome is Outcome.ACKNOWLEDGED

    @property
    def newcomer(self) -> bool:
        return self.key.startswith(NEWCOMER)

    def to_json(self) -> str:
        """One line of the history."""
        return json.dumps({**asdict(self), "latency": round(self.latency, 6)})

    @classmethod
    def from_json(cls, line: str) -> Operation:
        fields: dict[str, Any] = json.loads(line)
        del fields["latency"]
        return cls(**{**fields, "outcome": Outcome(fields["outcome"])})


def read_history(path: Path) -> Iterator[Operation]:
    """The operations of a history file, in the order they completed."""
    with path.open(encoding="utf-8") as lines:
        for line in lines:
            yield Operation.from_json(line)
