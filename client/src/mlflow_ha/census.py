"""How much waits on disk for which server. Reads only: no lock, no repair, no message."""

from __future__ import annotations

import sqlite3
import time
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from mlflow_ha.errors import SpoolError

_PATIENCE_SECONDS = 2.0
_COUNT = """
SELECT count(*) FILTER (WHERE refusal IS NULL), count(refusal), min(at) FILTER (WHERE refusal IS NULL)
FROM operation
"""


@dataclass(frozen=True)
class Queue:
    """What all processes of this machine have left in one server's spool.

    Attributes:
        server: Its address, without credentials.
        waiting: Operations that it has not answered yet.
        refused: Operations that it refused, and that are kept.
        oldest_seconds: Since the oldest that waits was asked for; 0 where none does.
    """

    server: str
    waiting: int = 0
    refused: int = 0
    oldest_seconds: float = 0.0


def queues(root: Path) -> list[Queue]:
    """Return what waits in each spool below the folder `root`.

    Raises:
        SpoolError: One of them cannot be read.
    """
    return [
        _queue(marker.read_text(encoding="utf-8").strip(), marker.with_name("spool.db"))
        for marker in sorted(root.expanduser().glob("*/server"))
    ]


def queue_of(root: Path, server: str) -> Queue:
    """Return what waits for one server.

    Raises:
        SpoolError: A spool cannot be read.
    """
    return next((queue for queue in queues(root) if queue.server == server), Queue(server))


def _queue(server: str, path: Path) -> Queue:
    if not path.exists():
        return Queue(server)
    try:
        address = f"{path.absolute().as_uri()}?mode=ro"
        with closing(sqlite3.connect(address, uri=True, timeout=_PATIENCE_SECONDS)) as connection:
            waiting, refused, first = connection.execute(_COUNT).fetchone()
    except sqlite3.Error as error:
        raise SpoolError(
            f"the spool {path} cannot be read: {error}. See what is wrong with it: mlflow-ha doctor"
        ) from error
    return Queue(server, waiting, refused, max(0.0, time.time() - first) if waiting else 0.0)
