"""SQLite as the spool uses it: nothing is acknowledged before it is on disk."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Lock, RLock
from weakref import WeakSet

from mlflow_ha.errors import SpoolError

_BUSY_SECONDS = 30.0
_OURS = 0x6D6C6861
"""Marks a file as a spool of this package ("mlha"), where `file` and others look for it."""


class Damaged(Exception):  # noqa: N818  (a state of a file)
    """A file is no spool, or no longer one that can be read."""


class Database:
    """One file, used by all threads of a process in turn.

    Args:
        path: Made if it does not exist.
        schema: Statements that make what is missing.
        version: Of the schema; a file of another version is not touched.

    Raises:
        Damaged: It is not a spool, or cannot be read.
        SpoolError: It cannot be opened, or is of another version.
    """

    def __init__(self, path: Path, schema: str, version: int) -> None:
        self.path = path
        self.lock = RLock()
        self._depth = 0
        self._connection: sqlite3.Connection | None = None
        with _forking:
            _open.add(self)
        try:
            with self.lock:
                self._prepare(schema, version)
        except sqlite3.DatabaseError as error:
            self.close()
            if isinstance(error, sqlite3.OperationalError):
                raise self._unusable(error) from error
            raise Damaged(str(error)) from error
        except BaseException:
            self.close()
            raise

    def _live(self) -> sqlite3.Connection:
        """The connection; opened again after a fork. The caller holds the lock."""
        if self._connection is None:
            # Transactions are begun by name, so that a reader never holds one by accident.
            self._connection = sqlite3.connect(
                self.path, timeout=_BUSY_SECONDS, isolation_level=None, check_same_thread=False
            )
            self._connection.row_factory = sqlite3.Row
            self._connection.execute("PRAGMA synchronous=FULL")
        return self._connection

    def _prepare(self, schema: str, version: int) -> None:
        do = self._live()
        (owner,) = do.execute("PRAGMA application_id").fetchone()
        (tables,) = do.execute("SELECT count(*) FROM sqlite_master").fetchone()
        if owner != _OURS and (owner or tables):
            raise Damaged("it belongs to another program")
        do.execute("PRAGMA journal_mode=WAL")
        (found,) = do.execute("PRAGMA quick_check(1)").fetchone()
        if found != "ok":
            raise Damaged(str(found))
        (format_,) = do.execute("PRAGMA user_version").fetchone()
        if format_ == version:
            return
        if format_:
            raise SpoolError(
                f"{self.path} was written by another version of mlflow-ha (format {format_}, this one "
                f"knows {version}). Flush it with that version, or set MLFLOW_HA_SPOOL_DIR to "
                "another folder"
            )
        with self.transaction():
            for statement in schema.split(";"):
                if statement.strip():
                    do.execute(statement)
            do.execute(f"PRAGMA application_id={_OURS}")
            do.execute(f"PRAGMA user_version={version}")

    @contextmanager
    def transaction(self) -> Iterator[sqlite3.Connection]:
        """All or nothing; on disk when the outermost one ends.

        Raises:
            SpoolError: The disk is full, or the file cannot be written.
        """
        with self.lock, self._spoken():
            do = self._live()
            if self._depth:
                yield do
                return
            do.execute("BEGIN IMMEDIATE")
            self._depth = 1
            try:
                yield do
                do.execute("COMMIT")
            except BaseException:
                # A full disk has rolled it back already.
                if do.in_transaction:
                    do.execute("ROLLBACK")
                raise
            finally:
                self._depth = 0

    def rows(self, query: str, *values: object) -> list[sqlite3.Row]:
        with self.lock, self._spoken():
            return self._live().execute(query, values).fetchall()

    def close(self) -> None:
        with _forking:
            _open.discard(self)
        with self.lock:
            if self._connection is not None:
                self._connection.close()

    def let_go(self) -> None:
        """Close the file until it is used again. The caller holds the lock."""
        if self._connection is not None:
            self._connection.close()
        self._connection = None

    @contextmanager
    def _spoken(self) -> Iterator[None]:
        """What SQLite raises, in words that say what to do."""
        try:
            yield
        except sqlite3.Error as error:
            raise self._unusable(error) from error

    def _unusable(self, error: sqlite3.Error) -> SpoolError:
        return SpoolError(
            f"the spool {self.path} cannot be used: {error}. Nothing that was acknowledged is lost. "
            "Free space or rights there, or set MLFLOW_HA_SPOOL_DIR to another folder"
        )


_open: WeakSet[Database] = WeakSet()
_forking = Lock()
"""Held while a process forks, so that nothing is opened meanwhile."""
_held: list[Database] = []


def _before_fork() -> None:
    # SQLite counts a process's locks in its memory. A child would take its parent's for its own,
    # and the parent, closing, would delete the log that the child writes to (tried).
    _forking.acquire()
    for database in list(_open):
        database.lock.acquire()
        database.let_go()
        _held.append(database)


def _after_fork() -> None:
    while _held:
        _held.pop().lock.release()
    _forking.release()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(
        before=_before_fork, after_in_parent=_after_fork, after_in_child=_after_fork
    )
