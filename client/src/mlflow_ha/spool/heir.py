"""The successor while it waits for its turn: imports next to nothing, and does nothing.

`python -m mlflow_ha.spool.heir FOLDER`. The process that sends holds a lock as long as it lives.
"""

from __future__ import annotations

import sqlite3
import sys
from contextlib import closing
from pathlib import Path

from mlflow_ha.spool.lock import Lock


def main(folder: Path) -> None:
    """Send what waits in a spool, as soon as no other process does.

    Args:
        folder: Of one server's spool.
    """
    only_one, turn = Lock(folder / "successor.lock"), Lock(folder / "replay.lock")
    # Who queues something while this process is about to end starts no other one: so the last look
    # comes after the lock has been let go.
    while _something_waits(folder) and only_one.take():
        turn.take(wait=True)
        if _something_waits(folder):
            from mlflow_ha.spool.successor import send_what_waits  # noqa: PLC0415  (slow to import)

            send_what_waits()
        turn.release()
        only_one.release()


def _something_waits(folder: Path) -> bool:
    query = "SELECT EXISTS (SELECT 1 FROM operation WHERE refusal IS NULL)"
    with closing(sqlite3.connect(folder / "spool.db", timeout=30)) as database:
        return bool(database.execute(query).fetchone()[0])


if __name__ == "__main__":
    main(Path(sys.argv[1]))
