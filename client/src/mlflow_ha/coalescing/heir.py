"""A process that outlives another one, and has sent what that one was killed with.

`python -m mlflow_ha.coalescing.heir FOLDER JOURNAL`. It imports next to nothing while it waits, and
ends where nothing was left behind.
"""

from __future__ import annotations

import sys
from pathlib import Path

from mlflow_ha.spool import heir
from mlflow_ha.spool.lock import Lock


def main(path: Path, journal: Path) -> None:
    """Wait for the owner of a journal to end, and have sent what it left behind.

    Args:
        path: Of one server's spool.
        journal: The file, beside which its owner's lock is.
    """
    owned = journal.with_suffix(".lock")
    owner = Lock(owned)
    owner.take(wait=True)
    owner.close()
    if not journal.exists():
        owned.unlink(missing_ok=True)
        return
    from mlflow_ha.coalescing.journal import adopt  # noqa: PLC0415  (slow to import)
    from mlflow_ha.spool.folder import Folder  # noqa: PLC0415

    server = (path / "server").read_text(encoding="utf-8").strip()
    adopt(Folder(path.parent, server))
    # Also where somebody else has adopted it: nobody knows whether that one still lives.
    heir.main(path)


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
