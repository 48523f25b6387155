"""A webhook is told when a server's breaker opens, and when it closes again.

Once for each, in order, from a thread of its own with a time-out of its own: no call waits for it,
and what cannot be delivered is logged and not repeated. A breaker that opens again within a minute
of the last opening that was told is told when that minute is over, if it is open still.
"""

from __future__ import annotations

import atexit
import logging
import os
import queue
import socket
import threading
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import requests
from pydantic import SecretStr

from mlflow_ha import events
from mlflow_ha.breaker import State
from mlflow_ha.census import queue_of
from mlflow_ha.errors import SpoolError

_log = logging.getLogger(__name__)
PAUSE_SECONDS = 60.0
"""Between two openings that are told: as long as a breaker stays open at most on its own."""
_TIMEOUT = (3.0, 5.0)
_FAREWELL_SECONDS = 1.0
_FIRST_ERROR = 300


@dataclass(frozen=True)
class _Change:
    state: State
    since: datetime


class Bell:
    """Tells one webhook of one server.

    Args:
        server: Its address, without credentials.
        webhook: Takes JSON by POST.
        spool_dir: Where what waits for the server is counted.
        pause: Seconds between two openings that are told.
    """

    def __init__(
        self, server: str, webhook: SecretStr, spool_dir: Path, pause: float = PAUSE_SECONDS
    ) -> None:
        self._server = server
        self._webhook = webhook
        self._spool_dir = spool_dir
        self._pause = pause
        self._changes: queue.SimpleQueue[_Change] = queue.SimpleQueue()
        self._is_open = False
        self._told_opening_at = -pause
        self._held_back = 0
        self._thread: threading.Thread | None = None
        self._nothing_to_tell = threading.Event()
        self._nothing_to_tell.set()

    def changed(self, state: str) -> None:
        """Take note of a breaker's new state; never waits."""
        # What is tried while it is half open has not come back yet.
        if state == State.HALF_OPEN or (state == State.OPEN) is self._is_open:
            return
        self._is_open = state == State.OPEN
        self._nothing_to_tell.clear()
        self._changes.put(_Change(State(state), datetime.now(UTC)))
        if self._thread is None:
            self._thread = threading.Thread(target=self._run, name="mlflow-ha-alerts", daemon=True)
            self._thread.start()

    def wait(self, seconds: float) -> bool:
        """Wait until nothing is to be told now; False if something still is."""
        return self._nothing_to_tell.wait(seconds)

    def _run(self) -> None:
        while True:
            change = self._changes.get()
            if change.state is State.OPEN and self._closes_in_time():
                self._held_back += 1
            else:
                self._tell(change)
            if self._changes.empty():
                self._nothing_to_tell.set()

    def _closes_in_time(self) -> bool:
        """Whether an opening that comes soon after another is over before it is to be told."""
        early = self._told_opening_at + self._pause - time.monotonic()
        if early <= 0:
            return False
        self._nothing_to_tell.set()
        try:
            # What follows an opening is always a closing.
            self._changes.get(timeout=early)
        except queue.Empty:
            return False
        return True

    def _tell(self, change: _Change) -> None:
        if change.state is State.OPEN:
            self._told_opening_at = time.monotonic()
        try:
            answer = requests.post(
                self._webhook.get_secret_value(),
                json=self._notice(change),
                timeout=_TIMEOUT,
                allow_redirects=False,
                stream=True,  # whatever it answers is not read
            )
            answer.close()
            if answer.status_code >= _FIRST_ERROR:
                self._not_told(change, f"HTTP {answer.status_code}")
            self._held_back = 0
        except Exception as error:  # noqa: BLE001  (no webhook may end the thread)
            self._not_told(change, type(error).__name__)

    def _not_told(self, change: _Change, why: str) -> None:
        _log.warning(
            "the webhook at %s was not told that the breaker of %s is %s: %s",
            urlsplit(self._webhook.get_secret_value()).hostname,
            self._server,
            change.state,
            why,
        )

    def _notice(self, change: _Change) -> dict[str, Any]:
        queued = self._queued()
        host, pid = socket.gethostname(), os.getpid()
        word = "is unavailable" if change.state is State.OPEN else "is back"
        return {
            "text": f"MLflow at {self._server} {word}, says process {pid} on {host}; "
            f"operations that wait: {'unknown' if queued is None else queued}",
            "state": change.state,
            "server": self._server,
            "since": change.since.isoformat(),
            "queued": queued,
            "held_back": self._held_back,
            "host": host,
            "pid": pid,
        }

    def _queued(self) -> int | None:
        try:
            return queue_of(self._spool_dir, self._server).waiting
        except (SpoolError, OSError):
            return None


@dataclass(frozen=True)
class _Receiver:
    webhook: SecretStr
    spool_dir: Path


_receiver: _Receiver | None = None
_bells: dict[str, Bell] = {}
_lock = threading.Lock()


def send_to(webhook: SecretStr, spool_dir: Path) -> None:
    """Tell a webhook of every breaker of this process from now on; there is one at a time."""
    global _receiver  # noqa: PLW0603
    with _lock:
        if _receiver is None:
            events.subscribe(events.BreakerChanged, _ring)
            atexit.register(_farewell)
        _receiver = _Receiver(webhook, spool_dir)


def _ring(change: events.BreakerChanged) -> None:
    with _lock:
        if _receiver is None:
            return
        if change.server not in _bells:
            _bells[change.server] = Bell(change.server, _receiver.webhook, _receiver.spool_dir)
        bell = _bells[change.server]
    bell.changed(change.state)


def _farewell() -> None:
    for bell in list(_bells.values()):
        bell.wait(_FAREWELL_SECONDS)


def _begin_anew() -> None:
    # A forked child has neither the threads nor a say in the locks of its parent.
    global _lock  # noqa: PLW0603
    _lock = threading.Lock()
    _bells.clear()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_begin_anew)
