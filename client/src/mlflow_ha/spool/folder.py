"""One server's spool on disk: its files, its locks, and what to do with files that are damaged.

FOLDER/SERVER/server             the server's address
FOLDER/SERVER/spool.db           operations, names and what is known, of all processes
FOLDER/SERVER/files/KEY/         files of the operation with that key
FOLDER/SERVER/set-aside/         what could not be read, never deleted
FOLDER/SERVER/*.lock             held by a process; the system lets go when it dies
"""

from __future__ import annotations

import hashlib
import logging
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from mlflow_ha.errors import SpoolError
from mlflow_ha.spool import log, names, shelf
from mlflow_ha.spool.database import Damaged, Database
from mlflow_ha.spool.lock import Lock
from mlflow_ha.spool.mounts import network_filesystem

_log = logging.getLogger(__name__)
_PRIVATE = 0o700
_VERSION = 1
_SCHEMA = f"{log.SCHEMA};{names.SCHEMA};{shelf.SCHEMA}"


@dataclass(frozen=True)
class Contents:
    """An open spool."""

    database: Database
    log: log.Log
    names: names.Names
    shelf: shelf.Shelf

    @classmethod
    def of(cls, path: Path) -> Contents:
        database = Database(path, _SCHEMA, _VERSION)
        known_as = names.Names(database)
        return cls(database, log.Log(database), known_as, shelf.Shelf(database, known_as))


class Folder:
    """What one server's spool is made of.

    Args:
        root: As the user set it.
        server: Its address, without credentials.

    Raises:
        SpoolError: It cannot be made or used there.
    """

    def __init__(self, root: Path, server: str) -> None:
        digest = hashlib.sha256(server.encode()).hexdigest()[:16]
        self.server = server
        self.path = root.expanduser().absolute() / digest
        self.files = self.path / "files"
        self.set_aside = self.path / "set-aside"
        try:
            for folder in (self.files, self.set_aside):
                folder.mkdir(mode=_PRIVATE, parents=True, exist_ok=True)
            self.path.chmod(_PRIVATE)
            marker = self.path / "server"
            if not marker.exists():
                marker.write_text(f"{server}\n", encoding="utf-8")
        except OSError as error:
            raise SpoolError(
                f"the spool's folder {self.path} cannot be used: {error}. Set MLFLOW_HA_SPOOL_DIR to "
                "a folder that you may write to"
            ) from error
        if kind := network_filesystem(self.path):
            raise SpoolError(
                f"the spool's folder {self.path} is on {kind}, where the locks of other machines are "
                "not seen. Set MLFLOW_HA_SPOOL_DIR to a folder on a disk of this machine"
            )

    def lock(self, name: str) -> Lock:
        """Return one of the spool's locks, not held yet."""
        return Lock(self.path / f"{name}.lock")

    def open(self, in_use: Lock) -> Contents:
        """Open the spool; a file that cannot be read is set aside.

        Args:
            in_use: Held, shared, as long as the contents are used.

        Raises:
            SpoolError: It cannot be opened, or is damaged and in use by others.
        """
        path = self.path / "spool.db"
        with self._opening():
            try:
                contents = Contents.of(path)
            except Damaged as damage:
                if not in_use.take():
                    raise SpoolError(
                        f"{path} is damaged ({damage}), and other processes use it. End them, then "
                        "run mlflow-ha doctor"
                    ) from damage
                self._set_aside(path, str(damage))
                contents = Contents.of(path)
            in_use.take(shared=True)
        return contents

    @contextmanager
    def _opening(self) -> Iterator[None]:
        opening = self.lock("opening")
        opening.take(wait=True)
        try:
            yield
        finally:
            opening.close()

    def _set_aside(self, path: Path, why: str) -> None:
        aside = self.set_aside / f"{time.time_ns()}"
        aside.mkdir()
        for part in (path, Path(f"{path}-wal"), Path(f"{path}-shm"), self.files):
            if part.exists():
                part.rename(aside / part.name)
        self.files.mkdir(mode=_PRIVATE)
        _log.error(
            "%s is no spool that can be read (%s). It was set aside, with the files that belong to it, "
            "in %s, and is not sent. Look at it with: sqlite3 spool.db .recover",
            path,
            why,
            aside,
        )


def all_folders(root: Path) -> list[Folder]:
    """The spools of every server under `root`."""
    return [
        Folder(root, marker.read_text(encoding="utf-8").strip())
        for marker in sorted(root.expanduser().glob("*/server"))
    ]


@contextmanager
def opened(folder: Folder) -> Iterator[Contents]:
    """The contents of a spool, for a moment; other processes may use it meanwhile."""
    in_use = folder.lock("in-use")
    contents = folder.open(in_use)
    try:
        yield contents
    finally:
        contents.database.close()
        in_use.close()
