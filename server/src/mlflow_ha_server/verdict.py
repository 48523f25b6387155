"""What a request's database history means for its answer: pure, no I/O.

A retry is safe exactly if nothing the request wrote can have been committed. The
history is the journal's list of entries, in the order in which they happened.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from http import HTTPStatus

from mlflow_ha_server.symptoms import Kind, Symptom, aborted_for_certain, classify


@dataclass(frozen=True)
class Wrote:
    """The transaction open on this connection sent a statement that can write."""

    connection: int


@dataclass(frozen=True)
class Committing:
    """COMMIT is about to be sent on this connection."""

    connection: int


@dataclass(frozen=True)
class RolledBack:
    """ROLLBACK is about to be sent on this connection."""

    connection: int


@dataclass(frozen=True)
class Failed:
    """A database call raised; ``connection`` is None while there was none yet."""

    connection: int | None
    symptom: Symptom
    has_statement: bool


@dataclass(frozen=True)
class PoolTimedOut:
    """No pooled connection became free in time."""


Entry = Wrote | Committing | RolledBack | Failed | PoolTimedOut


@dataclass(frozen=True)
class PassThrough:
    """The answer stands as MLflow gave it."""


@dataclass(frozen=True)
class Retryable:
    """Nothing was committed: the same request may be sent again."""

    kind: Kind


@dataclass(frozen=True)
class OutcomeUnknown:
    """Something was, or may have been, committed: only reading back can tell."""

    kind: Kind


Verdict = PassThrough | Retryable | OutcomeUnknown


@dataclass
class _History:
    failure: Kind | None = None
    committed: bool = False
    in_doubt: bool = False


def judge(entries: Sequence[Entry], status: int) -> Verdict:
    """Return what to make of an answer with this HTTP status.

    Args:
        entries: what the request's database calls did.
        status: MLflow's own. Below 400 MLflow coped with whatever failed.
    """
    if status < HTTPStatus.BAD_REQUEST:
        return PassThrough()
    history = _read(entries)
    if history.failure is None:
        return PassThrough()
    if history.committed or history.in_doubt:
        return OutcomeUnknown(history.failure)
    return Retryable(history.failure)


def _read(entries: Sequence[Entry]) -> _History:
    history = _History()
    dirty: set[int] = set()  # connections whose open transaction wrote
    sent: dict[int, bool] = {}  # COMMIT sent, nothing heard since: did the transaction write
    for entry in entries:
        match entry:
            case Wrote(connection):
                history.committed |= sent.pop(connection, False)
                dirty.add(connection)
            case Committing(connection):
                history.committed |= sent.pop(connection, False)
                sent[connection] = connection in dirty
                dirty.discard(connection)
            case RolledBack(connection):
                # Nothing to learn: ROLLBACK is also what follows a failed COMMIT.
                dirty.discard(connection)
            case Failed(connection, symptom, has_statement):
                committing = connection is not None and not has_statement and connection in sent
                if committing and connection is not None:
                    wrote = sent.pop(connection)
                    if wrote and not aborted_for_certain(symptom):
                        history.in_doubt = True
                        history.failure = classify(symptom) or Kind.CONNECTION_LOST
                        continue
                elif connection is not None:
                    # A later statement failed, so the COMMIT before it had succeeded.
                    history.committed |= sent.pop(connection, False)
                history.failure = classify(symptom) or history.failure
            case PoolTimedOut():
                history.failure = Kind.POOL_TIMEOUT
    history.committed |= any(sent.values())
    return history
