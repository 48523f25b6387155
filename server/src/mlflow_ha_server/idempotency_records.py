"""The table of keys: who used one, for what, what that made, and what was answered."""

import json
import logging
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import count
from typing import Final

from sqlalchemy import Connection, Engine, exc

from mlflow_ha_server.idempotency_keys import KeyedRequest

LOCK_WAIT_SECONDS: Final = 2
"""How long a repetition waits for a first arrival that is committing.

A commit takes milliseconds, and one that waits for a standby longer than this is a failover;
whoever waits holds one of the instance's few slots.
"""
RETENTION_DAYS: Final = 14
"""A client that spooled through an outage may come back after a holiday."""
LARGEST_BODY: Final = 64 * 1024
"""Bytes of an answer that are kept; what is larger is made again from what was created."""
_SWEEP_EVERY = 64
_SWEPT = {"days": RETENTION_DAYS, "rows": 4 * _SWEEP_EVERY}
"""Four rows can go for each that came, so that none pile up, and no sweep takes long."""

Made = Mapping[str, Mapping[str, str]]
"""The last row made in each table: its primary key's columns and their values."""

# One message, one round trip. The transaction's own write is its COMMIT's neighbour, so the limit
# on waiting covers nothing of MLflow's.
_CARRY = (
    "SET LOCAL lock_timeout = %(wait_ms)s;"
    " INSERT INTO mlflow_ha.idempotency (key, username, content, method, made)"
    " VALUES (%(key)s, %(user)s, %(content)s, %(method)s, %(made)s)"
    " ON CONFLICT (key) DO NOTHING"
)
_FIND = (
    "SELECT username, content, method, made, status, content_type, body,"
    " extract(epoch FROM clock_timestamp() - at)::float8 AS age"
    " FROM mlflow_ha.idempotency WHERE key = %(key)s"
)
# Need not survive a crash: an answer that is missing is made again.
_KEEP = (
    "SET LOCAL synchronous_commit = off;"
    " UPDATE mlflow_ha.idempotency SET status = %(status)s, content_type = %(type)s,"
    " body = %(body)s WHERE key = %(key)s AND status IS NULL"
)
_SWEEP = (
    "SET LOCAL synchronous_commit = off;"
    " DELETE FROM mlflow_ha.idempotency WHERE key IN (SELECT key FROM mlflow_ha.idempotency"
    " WHERE at < now() - make_interval(days => %(days)s) ORDER BY at LIMIT %(rows)s"
    " FOR UPDATE SKIP LOCKED)"
)

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Answer:
    """What was answered, as far as it matters to whoever asks again."""

    status: int
    content_type: str
    body: bytes


@dataclass(frozen=True)
class Record:
    """One key's row.

    Attributes:
        user: who used it.
        content: of the request.
        method: the store's method whose transaction carried the key; None if another's did.
        made: the rows that transaction made.
        answer: None if the first arrival did not live to keep it, or it was too large.
        age: s since the first arrival's transaction began.
    """

    user: str
    content: bytes
    method: str | None
    made: Made
    answer: Answer | None
    age: float

    def is_of(self, request: KeyedRequest) -> bool:
        """Return whether this is the same request of the same user."""
        return (self.user, self.content) == (request.user, request.content)


def carry(connection: Connection, request: KeyedRequest, method: str | None, made: Made) -> bool:
    """Write the key into the open transaction; return False if an earlier arrival has.

    Waits for an earlier arrival that has not committed yet.

    Raises:
        sqlalchemy.exc.DBAPIError: with SQLSTATE 55P03 after LOCK_WAIT_SECONDS.
    """
    row = {
        "key": request.key,
        "user": request.user,
        "content": request.content,
        "method": method,
        "made": json.dumps(made),
        "wait_ms": LOCK_WAIT_SECONDS * 1000,
    }
    return connection.exec_driver_sql(_CARRY, row).rowcount == 1


class Records:
    """The table, reached outside MLflow's transactions."""

    def __init__(self, engine: Engine) -> None:
        """Use MLflow's own pool; each call holds one connection and waits for no second."""
        self._engine = engine
        self._kept = count(1)

    def find(self, key: bytes) -> Record | None:
        """Return a key's record, None if no request with it has committed."""
        with self._engine.connect() as connection:
            row = connection.exec_driver_sql(_FIND, {"key": key}).one_or_none()
        if row is None:
            return None
        answer = None
        if row.status is not None:
            answer = Answer(row.status, row.content_type, bytes(row.body))
        return Record(row.username, bytes(row.content), row.method, row.made, answer, row.age)

    def keep(self, key: bytes, answer: Answer) -> None:
        """Keep the first answer. A failure is only logged: the request itself is done."""
        values = {
            "key": key,
            "status": answer.status,
            "type": answer.content_type,
            "body": answer.body,
        }
        try:
            with self._engine.begin() as connection:
                connection.exec_driver_sql(_KEEP, values)
            if next(self._kept) % _SWEEP_EVERY == 0:
                with self._engine.begin() as connection:
                    connection.exec_driver_sql(_SWEEP, _SWEPT)
        except exc.SQLAlchemyError as error:
            _log.warning("an answer was not kept and would be made again: %s", type(error).__name__)
