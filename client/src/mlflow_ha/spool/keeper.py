"""One server's spool in this process: opened once, anew after a fork, and closed at its end."""

from __future__ import annotations

import logging
import os
import threading
from typing import Any

from mlflow.exceptions import MlflowException
from mlflow.protos.databricks_pb2 import RESOURCE_DOES_NOT_EXIST

from mlflow_ha.address import redacted
from mlflow_ha.breaker import State
from mlflow_ha.deadline import Deadline
from mlflow_ha.errors import SpoolError
from mlflow_ha.message import Message
from mlflow_ha.sender import Sender
from mlflow_ha.settings import MLflowSettings, current
from mlflow_ha.spool import naming, offline, successor
from mlflow_ha.spool.folder import Folder
from mlflow_ha.spool.replay import Replay
from mlflow_ha.spool.staging import Staging
from mlflow_ha.spool.worker import Worker

_log = logging.getLogger(__name__)


class Keeper:
    """What a process holds of a spool.

    Args:
        uri: Of the server, as MLflow was given it.
        settings: Where the spool is, and how long a call waits for the server.

    Raises:
        SpoolError: The spool cannot be used.
    """

    def __init__(self, uri: str, settings: MLflowSettings) -> None:
        self.sender = Sender(uri, settings)
        self.folder = Folder(settings.spool_dir, self.sender.server.address)
        self._settings = settings
        self._has_heir = False
        self._in_use = self.folder.lock("in-use")
        self._replaying = self.folder.lock("replay")
        contents = self.folder.open(self._in_use)
        self._database = contents.database
        self.log, self.names, self.shelf = contents.log, contents.names, contents.shelf
        self.staging = Staging(self.folder.files)
        self.replay = Replay(contents, self.staging, self.sender)
        self.worker = Worker(self.replay, self.log, self._replaying, settings.probe_interval)

    def patience(self) -> Deadline:
        """How long a call may wait for the server before it is answered from here."""
        away = self.sender.server.breaker.state is State.OPEN
        return Deadline.after(0 if away else self._settings.spool_patience)

    def deadline(self) -> Deadline:
        """How long a call may wait that only the server can answer."""
        return Deadline.after(self._settings.deadline)

    def caught_up(self, deadline: Deadline) -> bool:
        """Wait until the server knows all that was asked before; False if it does not by then."""
        if not self.log.waits:
            return True
        hopeless = self._settings.fail_fast and self.sender.server.breaker.state is State.OPEN
        return not hopeless and self.worker.flush(deadline.left)

    def translated(self, message: Message) -> Message:
        """Return the message with the server's names for what it has already.

        Raises:
            MlflowException: It is about something that the server refused to make.
        """
        known = self.names.known(naming.candidates(message))
        for name in known:
            if name.lost:
                raise MlflowException(
                    f"{name.local} was made while MLflow was away, and then refused: {name.lost}. "
                    "See: mlflow-ha queue",
                    error_code=RESOURCE_DOES_NOT_EXIST,
                )
        return naming.in_message(message, known)

    def is_pending(self, text: str) -> bool:
        """Whether a text names something that the server does not have yet."""
        return any(name.remote is None for name in self.names.known(naming.candidates_in(text)))

    def remember(self, message: Message, answer: dict[str, Any]) -> None:
        """Note what the server said, to answer for it when it is away."""
        try:
            offline.remember(message, answer, self.shelf)
        except SpoolError as error:
            # It is done: who asked must not hear that it failed, and ask again.
            _log.warning("%s", error)

    def keep(
        self, message: Message, *, staged: bool = False, perhaps_done: bool = False
    ) -> dict[str, Any]:
        """Have a message sent in its turn, and return what the caller is told meanwhile.

        Args:
            message: With the names that the caller knows.
            staged: Whether it has files, kept already.
            perhaps_done: Whether the server may have got it already, so that it has to get the same.

        Raises:
            SpoolError: It could not be kept; otherwise it is on disk when this returns.
            NotKnownHere: Only the server can answer it.
        """
        first = not self.log.waits
        with self._database.transaction():
            answer = offline.answer(message, self.shelf)
            kept = message if perhaps_done else offline.with_local_name(message, answer)
            self.log.append(kept, answer, process=os.getpid(), staged=staged)
        self.worker.wake()
        if first:
            _log.warning(
                "MLflow at %s is away; what is logged waits in %s and is sent when it is back",
                self.folder.server,
                self.folder.path,
            )
        # Also where something waited before: whose it is may be gone, and its heir, too.
        if first or not self._has_heir:
            self._has_heir = True
            successor.ensure(self.folder, self.sender.uri, self._settings)
        return answer

    def abandon(self) -> None:
        """In a forked child: let go of the parent's locks."""
        for lock in (self._in_use, self._replaying):
            lock.close()

    def close(self) -> None:
        """Send what can be sent soon, and leave the rest to others."""
        self.worker.stop()
        if left := self.log.length:
            _log.warning(
                "%d operations for MLflow at %s wait in %s; see: mlflow-ha status",
                left,
                self.folder.server,
                self.folder.path,
            )
        self._database.close()
        for lock in (self._replaying, self._in_use):
            lock.close()


_keepers: dict[str, Keeper] = {}
_lock = threading.Lock()


def keeper_to(uri: str) -> Keeper:
    """Return this process's spool for the server at a tracking or registry URI."""
    with _lock:
        name = redacted(uri)
        if name not in _keepers:
            _keepers[name] = Keeper(uri, current())
        return _keepers[name]


def opened() -> tuple[Keeper, ...]:
    with _lock:
        return tuple(_keepers.values())


def close_all() -> None:
    """Close every spool of this process, at its end."""
    for keeper in opened():
        try:
            keeper.close()
        except SpoolError as error:
            _log.error("%s", error)
    with _lock:
        _keepers.clear()


def _begin_anew() -> None:
    global _lock  # noqa: PLW0603
    _lock = threading.Lock()
    for keeper in _keepers.values():
        keeper.abandon()
    _keepers.clear()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_begin_anew)
