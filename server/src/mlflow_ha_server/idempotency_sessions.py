"""Puts a request's key into the transaction that does what the request asks for.

MLflow's stores open their sessions themselves. SQLAlchemy's session events reach each of them,
just before its COMMIT: that is where the key's row is added, so that both are committed or neither.
The row is the last lock the transaction takes, so it adds no deadlock.
"""

from typing import Any

from mlflow.exceptions import MlflowException
from mlflow.protos.databricks_pb2 import RESOURCE_CONFLICT
from sqlalchemy import event, exc, inspect
from sqlalchemy.orm import Session

from mlflow_ha_server import idempotency_claim, journal
from mlflow_ha_server.idempotency_claim import Claim, State
from mlflow_ha_server.idempotency_records import Made, carry
from mlflow_ha_server.pool import REGISTRY, TRACKING

_MADE = "mlflow_ha_made"
_LOCK_NOT_AVAILABLE = "55P03"
# Not the logins' engine: what a check of a password writes is not what the request asks for.
_CARRIERS = (TRACKING, REGISTRY)


def listen() -> None:
    """Attach the listeners to every session of the process, once."""
    pairs: tuple[tuple[str, Any], ...] = (
        ("after_flush", _after_flush),
        ("before_commit", _before_commit),
        ("after_commit", _after_commit),
    )
    for name, function in pairs:
        if not event.contains(Session, name, function):
            event.listen(Session, name, function)


def _after_flush(session: Session, _context: object) -> None:
    if idempotency_claim.current() is None:
        return
    made = session.info.setdefault(_MADE, {})
    for thing in session.new:
        mapper = inspect(type(thing))
        # A later attempt in the same session replaces what one that was rolled back had made.
        values = mapper.primary_key_from_instance(thing)
        made[mapper.local_table.name] = {
            column.name: str(value)
            for column, value in zip(mapper.primary_key, values, strict=True)
        }


def _before_commit(session: Session) -> None:
    claim = idempotency_claim.current()
    if claim is None or claim.state is State.CARRIED or session.in_nested_transaction():
        return
    session.flush()
    made = session.info.pop(_MADE, {})
    if claim.first is not None:
        _refuse_a_second(claim, made)
    elif _has_written(session):
        _carry(session, claim, made)


def _after_commit(session: Session) -> None:
    claim = idempotency_claim.current()
    if claim and claim.state is State.SENT and not session.in_nested_transaction():
        claim.state = State.CARRIED


def _has_written(session: Session) -> bool:
    history = journal.current()
    return (
        history is not None
        and history.is_writing()
        and session.get_bind().engine.pool.logging_name in _CARRIERS
        and history.has_written(session.connection())
    )


def _carry(session: Session, claim: Claim, made: Made) -> None:
    try:
        is_first = carry(session.connection(), claim.request, claim.method, made)
    except exc.DBAPIError as error:
        if getattr(error.orig, "pgcode", None) != _LOCK_NOT_AVAILABLE:
            raise
        claim.state = State.BUSY
        raise _stopped("an earlier arrival is still at work") from error
    claim.state = State.SENT if is_first else State.TAKEN
    if not is_first:
        raise _stopped("an earlier arrival has done this")


def _refuse_a_second(claim: Claim, made: Made) -> None:
    if claim.first is not None and made.keys() & claim.first.made.keys():
        claim.state = State.SECOND
        raise _stopped("an earlier arrival has made this")


def _stopped(why: str) -> MlflowException:
    # One of MLflow's own passes its stores unchanged; idempotency.py replaces what it answers.
    return MlflowException(why, error_code=RESOURCE_CONFLICT)
