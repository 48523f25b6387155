"""How far the key of the request at hand has come; beside the journal, and handed on like it."""

from contextvars import ContextVar
from enum import Enum, auto

from mlflow_ha_server.idempotency_keys import KeyedRequest
from mlflow_ha_server.idempotency_records import Record


class State(Enum):
    """What is known of the key."""

    OPEN = auto()
    """Nothing that could carry it was committed yet."""
    SENT = auto()
    """It is in a transaction whose COMMIT has not come back."""
    CARRIED = auto()
    """It is committed, with what the request did."""
    TAKEN = auto()
    """An earlier arrival had committed it; this one has changed nothing."""
    BUSY = auto()
    """An earlier arrival is about to commit it, and took too long; this one changed nothing."""
    FINISHING = auto()
    """An earlier arrival committed it and gave no answer: this one makes the answer."""
    SECOND = auto()
    """Making that answer would have made something a second time; it was stopped."""


class Claim:
    """One keyed request's claim to its key. A request's work is sequential, so no lock."""

    def __init__(self, request: KeyedRequest, first: Record | None = None) -> None:
        """Begin.

        Args:
            request: the request.
            first: the earlier arrival's record, if its answer is to be made now.
        """
        self.request = request
        self.first = first
        self.state = State.FINISHING if first else State.OPEN
        self.method: str | None = None

    def finishes(self, method: str) -> Record | None:
        """Return the earlier record if that arrival had committed this method of a store."""
        return self.first if self.first and self.first.method == method else None


_current: ContextVar[Claim | None] = ContextVar("mlflow_ha_claim", default=None)


def begin(request: KeyedRequest, first: Record | None = None) -> Claim:
    """Give the current context, and whatever it starts, a claim."""
    claim = Claim(request, first)
    _current.set(claim)
    return claim


def current() -> Claim | None:
    """Return the request's claim; None if it has no key."""
    return _current.get()
