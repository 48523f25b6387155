"""The thread that replays while this process lives."""

from __future__ import annotations

import logging
import random
import threading
import time

from mlflow_ha.deadline import Deadline
from mlflow_ha.errors import SpoolError
from mlflow_ha.spool.lock import Lock
from mlflow_ha.spool.log import Log
from mlflow_ha.spool.replay import Replay

_log = logging.getLogger(__name__)
_FAREWELL_SECONDS = 5.0
_GLANCE_SECONDS = 0.05


class Worker:
    """Sends what waits, whoever left it there, if no other process does.

    Args:
        replay: Sends.
        log: Holds what waits.
        turn: Held by the one process that sends.
        pause: Seconds between two looks while the server is away.
    """

    def __init__(self, replay: Replay, log: Log, turn: Lock, pause: float) -> None:
        self._replay = replay
        self._waiting = log
        self._turn = turn
        self._pause = pause
        self._news = threading.Event()
        self._stopping = threading.Event()
        self._thread: threading.Thread | None = None
        self._beginning = threading.Lock()
        # What others left is looked at once, even if this process never queues anything.
        if log.waits:
            self.wake()

    def wake(self) -> None:
        """Something waits."""
        with self._beginning:
            if self._thread is None and not self._stopping.is_set():
                self._thread = threading.Thread(
                    target=self._run, name="mlflow-ha-replay", daemon=True
                )
                self._thread.start()
        self._news.set()

    def flush(self, seconds: float) -> bool:
        """Wait until what waits now has been sent; False if that took longer than `seconds`."""
        deadline = Deadline.after(seconds)
        last = self._waiting.last
        self.wake()
        while self._waiting.first <= last:
            if deadline.spent:
                return False
            # Another process may be the one that sends: nothing but the log tells.
            time.sleep(min(_GLANCE_SECONDS, deadline.left))
        return True

    def stop(self) -> None:
        """Send what can be sent within some seconds, then end."""
        if self._waiting.waits and self._replay.server_is_there:
            self.flush(_FAREWELL_SECONDS)
        self._stopping.set()
        self._news.set()
        if self._thread is not None:
            self._thread.join(_FAREWELL_SECONDS)

    def _run(self) -> None:
        while not self._stopping.is_set():
            self._news.clear()
            done = self._drained()
            self._news.wait(None if done else self._pause * random.uniform(0.5, 1.5))  # noqa: S311

    def _drained(self) -> bool:
        """Send all that waits, if it is this process's turn; False if something still waits."""
        try:
            if not self._waiting.waits:
                return True
            # Kept while the server is away: whoever waits for it takes over when this one dies.
            if not self._turn.take():
                return False
            before = self._replay.replayed
            done = self._replay.drain()
            if done:
                self._turn.release()
            if sent := self._replay.replayed - before:
                _log.warning("%d operations that waited were sent to MLflow", sent)
        except SpoolError as error:
            _log.error("%s", error)
            return False
        except Exception:  # noqa: BLE001  (what waits must not wait for a thread that is gone)
            _log.exception("The replay failed and is tried again")
            return False
        return done
