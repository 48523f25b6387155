"""Operations sent in order, each once.

What makes it once: every attempt carries the key that the operation was given when it was asked
for, and in one transaction an operation leaves the log and the names it taught are learnt. Death
between the server's work and that transaction means that the server is asked again, with the same
key.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Sequence
from http import HTTPStatus
from typing import Any

import requests
from mlflow.exceptions import MlflowException

from mlflow_ha import events
from mlflow_ha.breaker import State
from mlflow_ha.errors import OutcomeUnknown, SpoolError, TrackingUnavailable
from mlflow_ha.message import Message
from mlflow_ha.sender import Sender
from mlflow_ha.spool import naming
from mlflow_ha.spool.already_there import can_be_found, found
from mlflow_ha.spool.batches import AT_MOST, together
from mlflow_ha.spool.folder import Contents
from mlflow_ha.spool.log import Operation
from mlflow_ha.spool.names import Name
from mlflow_ha.spool.staging import Staging

_log = logging.getLogger(__name__)
STUMBLES_SECONDS = 300.0
"""How long a request is repeated at which the server fails, before it counts as refused: the
recovery objective, within which whatever it stumbles over ought to be back."""
_A_MOMENT = 0.5
"""Seconds for a file's first attempt to begin in: whoever replays repeats the whole operation."""


class _Refused(Exception):  # noqa: N818  (says what the server does)
    """The server, having been asked, will not do it."""


class _Later(Exception):  # noqa: N818  (says when)
    """Nothing can be sent now."""


class Replay:
    """Sends what waits to one server. One process at a time may do so: it holds the replay lock."""

    def __init__(self, contents: Contents, staging: Staging, sender: Sender) -> None:
        self._contents = contents
        self._staging = staging
        self._sender = sender
        self._stumbling: tuple[int, float] | None = None
        self.replayed = 0

    @property
    def server_is_there(self) -> bool:
        """As far as the last calls tell."""
        breaker = self._sender.server.breaker
        return breaker.state is not State.OPEN and breaker.failure_count == 0

    def drain(self) -> bool:
        """Send everything that waits; False where that has to go on later.

        Raises:
            SpoolError: The spool cannot be written.
        """
        log = self._contents.log
        try:
            while waiting := log.next(AT_MOST):
                while waiting:
                    waiting = waiting[self._settle(waiting) :]
        except _Later:
            return False
        with self._contents.database.transaction():
            if log.waits:
                return False
            self._contents.shelf.everything_is_sent()
        self._staging.remove_abandoned([operation.message.key for operation in log.with_files()])
        return True

    def _settle(self, waiting: Sequence[Operation]) -> int:
        """Send the first operation, and those that can travel with it; return how many."""
        operations, message = together(waiting)
        if not self._contents.log.holds(operations[0].number):
            return 1  # given up by its owner meanwhile
        try:
            self._send(operations, message)
        except _Refused as refused:
            if len(operations) > 1:
                # One of them is to blame; the others are not to suffer.
                return sum(self._settle([operation]) for operation in operations)
            self._refuse(operations[0], str(refused))
        self._stumbling = None
        return len(operations)

    def _send(self, operations: Sequence[Operation], message: Message) -> None:
        first = operations[0]
        names = self._names(first, message)
        message = naming.in_message(message, names)
        try:
            answer = self._upload(first, message, names) if first.staged else self._ask(message)
        except TrackingUnavailable as away:
            raise _Later from away
        except SpoolError:
            raise
        except OutcomeUnknown as unknown:
            raise _Refused(unknown.message) from unknown
        except Exception as error:
            # Whatever it is, the queue must not end with it.
            raise self._judged(error, first) from error
        with self._contents.database.transaction():
            self._contents.names.learn(naming.learnt(message.api, first.answer, answer))
            self._contents.log.remove([operation.number for operation in operations])
        if first.staged:
            self._staging.remove(first.message.key)
        self.replayed += len(operations)
        events.publish(events.Replayed(self._sender.server.address, len(operations)))

    def _names(self, operation: Operation, message: Message) -> list[Name]:
        """Return the names in a message and its files; all of them are the server's by now."""
        own = naming.made(operation.message.api, operation.answer)
        needed = naming.candidates(message) - set(own)
        candidates = set(needed)
        if operation.staged:
            for text in self._staging.texts(operation.message.key):
                candidates |= naming.candidates_in(text)
        names = self._contents.names.known(candidates)
        for name in names:
            if name.remote is None and name.local in needed:
                raise _Refused(f"what it belongs to, {name.local}, was refused: {name.lost}")
        return names

    def _ask(self, message: Message) -> dict[str, Any]:
        try:
            return self._sender.try_once(message)
        except MlflowException as error:
            if error.error_code == "RESOURCE_ALREADY_EXISTS" and can_be_found(message.api):
                return found(message, self._sender.try_once)
            raise

    def _upload(self, operation: Operation, message: Message, names: list[Name]) -> dict[str, Any]:
        from mlflow_ha.artifact_repository import storage_at  # noqa: PLC0415  (slow to import)

        files = self._staging.translated(operation.message.key, naming.translation(names))
        path = (message.body or {}).get("artifact_path")
        storage_at(message.endpoint, self._sender.uri).send(files, path, _A_MOMENT)
        return {}

    def _judged(self, error: Exception, operation: Operation) -> Exception:
        """Say whether an error is the server's last word."""
        status = _status_of(error)
        told = f"{type(error).__name__}: {error}"
        if isinstance(error, MlflowException):
            told = f"{error.error_code}: {error.message}"
        if status == HTTPStatus.UNAUTHORIZED:
            _log.error(
                "MLflow at %s does not accept the credentials of this process (%s). What waits goes "
                "on waiting; correct them, or run mlflow-ha flush with better ones",
                self._sender.server.address,
                told,
            )
            return _Later()
        if status is not None and status < HTTPStatus.INTERNAL_SERVER_ERROR:
            return _Refused(told)
        if isinstance(error, FileNotFoundError):
            return _Refused(told)
        return self._stumbled(operation, told)

    def _stumbled(self, operation: Operation, told: str) -> Exception:
        if self._stumbling is None or self._stumbling[0] != operation.number:
            self._stumbling = (operation.number, time.monotonic())
            _log.warning("%s failed and is tried again: %s", operation.message.api, told)
        if time.monotonic() - self._stumbling[1] < STUMBLES_SECONDS:
            return _Later()
        return _Refused(told)

    def _refuse(self, operation: Operation, why: str) -> None:
        _log.warning(
            "MLflow refused %s (%s). It is kept; see: mlflow-ha queue", operation.message.api, why
        )
        with self._contents.database.transaction():
            made = naming.made(operation.message.api, operation.answer)
            self._contents.names.lose(made, why)
            self._contents.log.refuse(operation.number, why)


def _status_of(error: Exception) -> int | None:
    """The HTTP status behind an error, if there is one."""
    if isinstance(error, MlflowException):
        return int(error.get_http_status_code())
    if isinstance(error, requests.HTTPError) and error.response is not None:
        return int(error.response.status_code)
    return None
