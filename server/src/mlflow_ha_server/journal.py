"""What the database did for one request, noted by SQLAlchemy's own events.

The journal is one mutable object in a ContextVar. MLflow's handlers run in worker
threads; anyio and asyncio copy the context into those, so a handler sees the
object its request was given, and what it notes is visible here.
"""

import re
from collections import Counter
from contextvars import ContextVar
from typing import Any

from sqlalchemy import event
from sqlalchemy.engine import Connection, Engine, ExceptionContext
from sqlalchemy.pool import Pool, PoolProxiedConnection

from mlflow_ha_server.symptoms import Symptom
from mlflow_ha_server.verdict import Committing, Entry, Failed, PoolTimedOut, RolledBack, Wrote

_READS = re.compile(r"\s*(SELECT|SHOW|SET|EXPLAIN|SAVEPOINT|RELEASE|ROLLBACK)\b", re.IGNORECASE)


class Journal:
    """One request's history. A request's database work is sequential, so no lock."""

    def __init__(self) -> None:
        """Start empty."""
        self.entries: list[Entry] = []
        self.most_held: dict[str, int] = {}
        self.mixed = False
        self._held: Counter[str] = Counter()
        self._numbers: dict[int, int] = {}
        self._connections: list[object] = []  # kept, so that no id is used twice
        self._dirty: set[int] = set()

    def number(self, connection: object) -> int:
        """Return this connection's number within the request."""
        key = id(connection)
        if key not in self._numbers:
            self._numbers[key] = len(self._numbers)
            self._connections.append(connection)
        return self._numbers[key]

    def wrote(self, connection: object) -> None:
        """Note a statement that can write, once per transaction."""
        number = self.number(connection)
        if number not in self._dirty:
            self._dirty.add(number)
            self.entries.append(Wrote(number))

    def is_writing(self) -> bool:
        """Return whether any open transaction has sent a statement that can write."""
        return bool(self._dirty)

    def has_written(self, connection: object) -> bool:
        """Return whether this connection's open transaction has."""
        return self.number(connection) in self._dirty

    def ended(self, connection: object, *, commit: bool) -> None:
        """Note that the transaction is about to be committed or rolled back."""
        number = self.number(connection)
        self._dirty.discard(number)
        self.entries.append(Committing(number) if commit else RolledBack(number))

    def took(self, engine: str) -> None:
        """Note a connection taken from an engine's pool."""
        self._held[engine] += 1
        self.most_held[engine] = max(self.most_held.get(engine, 0), self._held[engine])
        self.mixed |= self._held.total() > self._held[engine]

    def gave_back(self, engine: str) -> None:
        """Note a connection returned to its pool."""
        self._held[engine] -= 1


_current: ContextVar[Journal | None] = ContextVar("mlflow_ha_journal", default=None)


def begin() -> Journal:
    """Give the current context, and whatever it starts, a new journal."""
    journal = Journal()
    _current.set(journal)
    return journal


def current() -> Journal | None:
    """Return the request's journal; None outside a request."""
    return _current.get()


def note_pool_timeout() -> None:
    """Note that the pool gave no connection in time."""
    if journal := _current.get():
        journal.entries.append(PoolTimedOut())


def note_checkout(connection: PoolProxiedConnection, engine: str) -> None:
    """Note that a connection of this engine was taken from its pool."""
    journal = _current.get()
    if journal is not None and connection.record_info is not None:
        journal.took(engine)
        connection.record_info["mlflow_ha_holder"] = (journal, engine)


def can_write(statement: str) -> bool:
    """Return whether a statement may change data; in doubt it may."""
    return _READS.match(statement) is None


def symptom_of(
    error: BaseException, *, disconnect: bool = False, connecting: bool = False
) -> Symptom:
    """Return what a driver's exception shows."""
    state = getattr(error, "pgcode", None) or getattr(error, "sqlstate", None)
    text = str(error).strip()
    return Symptom(
        sqlstate=state,
        message=text if connecting else text.partition("\n")[0],
        disconnect=disconnect,
        connecting=connecting,
        operational=type(error).__name__ == "OperationalError",
    )


def listen() -> None:
    """Attach the listeners to every engine and pool of the process, once."""
    pairs: tuple[tuple[Any, str, Any], ...] = (
        (Engine, "before_cursor_execute", _on_statement),
        (Engine, "commit", _on_commit),
        (Engine, "rollback", _on_rollback),
        (Engine, "handle_error", _on_error),
        (Pool, "checkin", _on_checkin),
    )
    for target, name, function in pairs:
        if not event.contains(target, name, function):
            event.listen(target, name, function)


def _on_statement(connection: Connection, _cursor: Any, statement: str, *_rest: Any) -> None:
    if (journal := _current.get()) and can_write(statement):
        journal.wrote(connection)


def _on_commit(connection: Connection) -> None:
    if journal := _current.get():
        journal.ended(connection, commit=True)


def _on_rollback(connection: Connection) -> None:
    if journal := _current.get():
        journal.ended(connection, commit=False)


def _on_error(context: ExceptionContext) -> None:
    journal = _current.get()
    # A failed ping is not a failure: the pool opens another connection.
    if journal is None or context.is_pre_ping:
        return
    connection = context.connection
    journal.entries.append(
        Failed(
            connection=None if connection is None else journal.number(connection),
            symptom=symptom_of(
                context.original_exception,
                disconnect=context.is_disconnect,
                connecting=connection is None,
            ),
            has_statement=context.statement is not None,
        )
    )


def _on_checkin(_dbapi: Any, record: Any) -> None:
    if holder := record.record_info.pop("mlflow_ha_holder", None):
        journal, engine = holder
        journal.gave_back(engine)
