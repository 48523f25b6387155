"""A process of its own that sends what its starter can no longer send.

It is started when the first operation has to wait, so that it is there when a training script is
killed. Until then it waits for its turn (heir.py).
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

from mlflow_ha.sender import Sender
from mlflow_ha.settings import MLflowSettings, current
from mlflow_ha.spool.folder import Folder
from mlflow_ha.spool.replay import Replay
from mlflow_ha.spool.staging import Staging

_started: list[subprocess.Popen[bytes]] = []


def ensure(folder: Folder, uri: str, settings: MLflowSettings) -> None:
    """Start the successor of this spool, unless it runs or is not wanted.

    Args:
        folder: Of the spool.
        uri: The server's; it goes by the environment, since it may hold a password.
        settings: Whether and how long.
    """
    if settings.spool_successor_hours <= 0 or not sys.executable:
        return
    only_one = folder.lock("successor")
    free = only_one.take()
    only_one.close()
    if not free:
        return
    start(folder, uri, "mlflow_ha.spool.heir", folder.path)


def start(folder: Folder, uri: str, module: str, *arguments: Path) -> None:
    """Start a module as a process that outlives this one, and needs nothing of it.

    Args:
        folder: Of the spool.
        uri: As in `ensure`.
        module: To be run.
        arguments: Its own.
    """
    environment = {
        **os.environ,
        "MLFLOW_TRACKING_URI": uri,
        "MLFLOW_HA_SPOOL_DIR": str(folder.path.parent),
    }
    with (folder.path / "successor.log").open("ab") as said:
        process = subprocess.Popen(
            [sys.executable, "-m", module, *map(str, arguments)],
            cwd=folder.path,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=said,
            stderr=said,
            start_new_session=True,
        )
    _started[:] = [earlier for earlier in _started if earlier.poll() is None]
    _started.append(process)


def send_what_waits() -> None:
    """Send everything to the tracking server of the environment; the caller holds the turn.

    Raises:
        SystemExit: The time was up before the server was back.
    """
    settings = current()
    sender = Sender(settings.effective_tracking_uri, settings)
    folder = Folder(settings.spool_dir, sender.server.address)
    contents = folder.open(folder.lock("in-use"))
    replay = Replay(contents, Staging(folder.files), sender)
    until = time.monotonic() + settings.spool_successor_hours * 3600
    while not replay.drain():
        if time.monotonic() > until:
            raise SystemExit(
                f"{contents.log.length} operations still wait after {settings.spool_successor_hours:g} "
                "hours; they are kept. The next process with a spool sends them, or: mlflow-ha flush"
            )
        time.sleep(settings.probe_interval)
    contents.database.close()
