"""What came of one crew's work: what it was told against what the service kept. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from chaos.crews.diary import REGISTRATION, Diary
from chaos.crews.kind import CrewKind
from chaos.crews.replay import Replay
from chaos.ledger.judge import Account, reconcile
from chaos.ledger.operation import Outcome
from chaos.ledger.outage import Latency, latency

MOST_KEYS = 20
MOST_ERRORS = 5


@dataclass(frozen=True, slots=True)
class CrewBooks:
    """The books of one crew.

    Attributes:
        kind: Which client.
        account: None if nothing was read back.
        told: How often each outcome was told to it.
        registration: Latency of its registrations that were acknowledged, in seconds.
        any_call: Latency of every call that was.
        errors: What its failed calls said, and how often.
        replay: Of its spool, if it has one.
    """

    kind: CrewKind
    account: Account | None
    told: Mapping[Outcome, int]
    registration: Latency
    any_call: Latency
    errors: Mapping[str, int]
    replay: Replay | None = None

    @property
    def attempted(self) -> int:
        return sum(self.told.values())

    @property
    def acknowledged(self) -> int:
        return self.told.get(Outcome.ACKNOWLEDGED, 0)

    @property
    def failed(self) -> int:
        return self.told.get(Outcome.FAILED, 0)

    @property
    def in_doubt(self) -> int:
        """Calls that had not ended when the crew was ended."""
        return self.told.get(Outcome.INDETERMINATE, 0)

    def to_json(self) -> dict[str, Any]:
        """Figures first, then what helps to understand them."""
        books = self.account
        return {
            "attempted": self.attempted,
            "acknowledged": self.acknowledged,
            "failed": self.failed,
            "in_doubt": self.in_doubt,
            "lost": None if books is None else len(books.lost),
            "duplicated": None if books is None else len(books.duplicated),
            "failed_yet_there": None if books is None else len(books.resurrected),
            "registration_seconds": _quantiles(self.registration),
            "call_seconds": _quantiles(self.any_call),
            "replay_seconds": None if self.replay is None else round(self.replay.seconds, 3),
            "replay_complete": None if self.replay is None else self.replay.complete,
            "gives_up": self.kind.gives_up,
            "variables": dict(self.kind.variables),
            "errors": dict(self.errors),
            "keys": {
                "lost": [] if books is None else list(books.lost[:MOST_KEYS]),
                "duplicated": [] if books is None else list(books.duplicated[:MOST_KEYS]),
            },
        }


def balance(
    kind: CrewKind, diary: Diary, present: Mapping[str, int] | None, replay: Replay | None
) -> CrewBooks:
    """Close the books of a crew that has ended.

    Args:
        kind: Which client.
        diary: What it wrote down.
        present: How often each key was found; None if nothing could be read back.
        replay: Of its spool.
    """
    operations = diary.operations
    registrations = [o for o in operations if o.kind == REGISTRATION]
    end = max((o.completed for o in operations), default=0.0)
    errors = Counter(o.detail for o in operations if o.outcome is Outcome.FAILED)
    return CrewBooks(
        kind=kind,
        account=None if present is None else reconcile(operations, present),
        told=Counter(o.outcome for o in operations),
        registration=latency(registrations, 0.0, end + 1.0),
        any_call=latency(operations, 0.0, end + 1.0),
        errors=dict(errors.most_common(MOST_ERRORS)),
        replay=replay,
    )


def _quantiles(values: Latency) -> dict[str, Any]:
    named = {"p50": values.p50, "p99": values.p99, "max": values.max}
    return {
        "count": values.count,
        **{name: None if value is None else round(value, 4) for name, value in named.items()},
    }
