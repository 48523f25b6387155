"""What was logged and is not sent yet, on disk too, so that it outlives this process.

SERVER/journals/NAME.db     what a process has accepted and not sent, since when it is not in memory alone
SERVER/journals/NAME.lock   held by that process; the system lets go when it dies

A journal whose owner is dead is adopted: what it holds goes to the end of the spool, with the same
keys, and the file is removed.
"""

from __future__ import annotations

import logging
import os
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from uuid import uuid4

from mlflow_ha.batch import Logged
from mlflow_ha.errors import SpoolError
from mlflow_ha.spool.database import Damaged, Database
from mlflow_ha.spool.folder import Contents, Folder, opened
from mlflow_ha.spool.lock import Lock
from mlflow_ha.spool.log import SCHEMA, Log

_log = logging.getLogger(__name__)
_VERSION = 1
_FOLDER = "journals"


class Journal:
    """Of one process and server.

    Args:
        folder: The server's spool.
        window: Seconds that something may be in memory alone; 0: nothing ever is.
        begun: Told the journal's file, once, as soon as there is something in it.
    """

    def __init__(self, folder: Folder, window: float, begun: Callable[[Path], None]) -> None:
        self._folder = folder
        self._window = window
        self._begun = begun
        self._lock = threading.Lock()
        self._writing = threading.Lock()
        self._fresh: list[Logged] = []
        self._since = 0.0
        self._path: Path | None = None
        self._owner: Lock | None = None
        self._database: Database | None = None

    def note(self, logged: Logged) -> None:
        """Take it down; it is on disk as soon as `write_if_due` has found it due."""
        with self._lock:
            self._fresh.append(logged)
            first = len(self._fresh) == 1
            if first:
                self._since = time.monotonic()
        if first and self._window:
            # For the case that no further call comes along to write it.
            later = threading.Timer(self._window, self._write_late)
            later.daemon = True
            # At the end of the process no thread can be started, nor is it needed.
            with suppress(RuntimeError):
                later.start()

    def write_if_due(self) -> None:
        """Have on disk what must not be in memory alone any longer.

        Raises:
            SpoolError: It could not be written.
        """
        # Whoever is writing may be writing what the caller needs to be there.
        with self._writing:
            if self._fresh and time.monotonic() - self._since >= self._window:
                self._write()

    def strike(self, sent: Sequence[Logged]) -> None:
        """Keep it no longer: it is safe with somebody else."""
        keys = {logged.message.key for logged in sent}
        with self._writing:
            with self._lock:
                self._fresh = [one for one in self._fresh if one.message.key not in keys]
            if self._database is None:
                return
            try:
                with self._database.transaction() as do:
                    do.executemany("DELETE FROM operation WHERE key = ?", [(key,) for key in keys])
            except SpoolError as error:
                # It is done: who asked must not hear that it failed. Twice it leaves what once leaves.
                _log.warning("%s", error)

    def abandon(self) -> None:
        """In a forked child: let go of the parent's lock, and leave its file alone."""
        if self._owner is not None:
            self._owner.close()

    def close(self) -> None:
        """Remove the file, if nothing is in it any more.

        Raises:
            SpoolError: Something is in memory alone, and could not be written.
        """
        with self._writing:
            if self._fresh:
                self._write()
            if self._database is None or self._path is None or self._owner is None:
                return
            held = Log(self._database).length
            self._database.close()
            if not held:
                _remove(self._path)
            self._owner.close()
            self._database = None

    def _write_late(self) -> None:
        try:
            self.write_if_due()
        except SpoolError as error:
            _log.error("%s", error)

    def _write(self) -> None:
        with self._lock:
            fresh, self._fresh = self._fresh, []
        try:
            database = self._opened()
            with database.transaction():
                for logged in fresh:
                    Log(database).append(logged.message, {}, process=os.getpid())
        except BaseException:
            with self._lock:
                self._fresh = fresh + self._fresh
            raise

    def _opened(self) -> Database:
        if self._database is None:
            with _registry(self._folder) as journals:
                self._path = journals / f"{uuid4().hex}.db"
                self._owner = Lock(self._path.with_suffix(".lock"))
                self._owner.take()
            self._database = Database(self._path, SCHEMA, _VERSION)
            self._begun(self._path)
        return self._database


def adopt(folder: Folder) -> int:
    """Put what dead processes left into the spool.

    Args:
        folder: The server's spool.

    Returns:
        How many calls.

    Raises:
        SpoolError: The spool cannot be written.
    """
    if not (folder.path / _FOLDER).exists():
        return 0
    with opened(folder) as contents:
        return sum(_adopt(folder, contents, path) for path in _left_behind(folder))


def _adopt(folder: Folder, contents: Contents, path: Path) -> int:
    try:
        database = Database(path, SCHEMA, _VERSION)
    except Damaged as damage:
        aside = folder.set_aside / path.name
        path.rename(aside)
        _log.error("%s could not be read (%s) and was set aside in %s", path, damage, aside)
        return 0
    with closing(database):
        left = Log(database).all()
    adopted = 0
    with contents.database.transaction():
        for operation in left:
            query = "SELECT 1 FROM operation WHERE key = ?"
            # Whoever adopted it before may have died before the file was removed.
            if not contents.database.rows(query, operation.message.key):
                contents.log.append(operation.message, {}, process=operation.process)
                adopted += 1
    _remove(path)
    return adopted


def _left_behind(folder: Folder) -> Iterator[Path]:
    """The journals whose owner is dead; each is held while it is looked at."""
    for path in sorted((folder.path / _FOLDER).glob("*.lock")):
        with _registry(folder):
            owner = Lock(path)
            dead = owner.take()
        try:
            if dead and path.with_suffix(".db").exists():
                yield path.with_suffix(".db")
            elif dead:
                path.unlink(missing_ok=True)
        finally:
            owner.close()


@contextmanager
def _registry(folder: Folder) -> Iterator[Path]:
    """One process at a time begins a journal or looks for dead ones."""
    journals = folder.path / _FOLDER
    journals.mkdir(mode=0o700, exist_ok=True)
    turn = folder.lock(_FOLDER)
    turn.take(wait=True)
    try:
        yield journals
    finally:
        turn.close()


def _remove(path: Path) -> None:
    for part in (path, Path(f"{path}-wal"), Path(f"{path}-shm"), path.with_suffix(".lock")):
        part.unlink(missing_ok=True)
