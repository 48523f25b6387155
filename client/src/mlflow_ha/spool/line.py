"""The way of one call where a spool is used: to the server, or kept and answered from here."""

from __future__ import annotations

from typing import Any

from mlflow.exceptions import MlflowException

from mlflow_ha.errors import OutcomeUnknown, TrackingUnavailable
from mlflow_ha.message import Message
from mlflow_ha.spool import offline
from mlflow_ha.spool.already_there import found
from mlflow_ha.spool.keeper import Keeper, keeper_to


class SpoolLine:
    """A line that never loses what it acknowledged."""

    def __init__(self, uri: str) -> None:
        self._uri = uri

    @property
    def _keeper(self) -> Keeper:
        return keeper_to(self._uri)

    def call(self, message: Message) -> dict[str, Any]:
        """Return the server's answer, or one from here while it is away.

        Raises:
            MlflowException: What the server answered.
            TrackingUnavailable: It is away and only it can answer this.
            SpoolError: The call could not be kept.
        """
        if not offline.can_answer(message.api):
            return self._from_the_server(message)
        try:
            return self._read(message) if message.reads else self._write(message)
        except offline.NotKnownHere:
            return self._from_the_server(message)

    def _write(self, message: Message) -> dict[str, Any]:
        keeper = self._keeper
        perhaps_done = False
        # What was asked before goes first.
        if not keeper.log.waits:
            try:
                return self._sent(message)
            except TrackingUnavailable as away:
                perhaps_done = away.perhaps_done
            except OutcomeUnknown:
                # The replay finds out, with the same key.
                perhaps_done = True
        return keeper.keep(message, perhaps_done=perhaps_done)

    def _read(self, message: Message) -> dict[str, Any]:
        keeper = self._keeper
        if keeper.caught_up(keeper.patience()):
            try:
                answer = keeper.sender.send(keeper.translated(message), keeper.patience())
            except TrackingUnavailable:
                pass
            else:
                keeper.remember(message, answer)
                return answer
        return offline.answer(message, keeper.shelf)

    def _sent(self, message: Message) -> dict[str, Any]:
        keeper = self._keeper
        translated = keeper.translated(message)
        try:
            answer = keeper.sender.send(translated, keeper.patience())
        except MlflowException as error:
            # Who was told from here that it does not exist must not hear now that it does.
            if error.error_code != "RESOURCE_ALREADY_EXISTS" or not keeper.shelf.denied(message):
                raise
            answer = found(translated, lambda ask: keeper.sender.send(ask, keeper.patience()))
        keeper.remember(message, answer)
        return answer

    def _from_the_server(self, message: Message) -> dict[str, Any]:
        """Wait for the one who alone can answer, until it knows all that was asked before."""
        keeper = self._keeper
        deadline = keeper.deadline()
        if not keeper.caught_up(deadline):
            raise self._away(f"{message.api} can only be answered by the server")
        try:
            return keeper.sender.send(keeper.translated(message), deadline)
        except TrackingUnavailable as away:
            only = f"{message.api} can only be answered by the server"
            raise self._away(only, type(away)) from away

    def _away(
        self, what: str, kind: type[TrackingUnavailable] = TrackingUnavailable
    ) -> TrackingUnavailable:
        keeper = self._keeper
        breaker = keeper.sender.server.breaker
        return kind(
            what,
            server=keeper.sender.server.address,
            state=breaker.state,
            retry_after=breaker.retry_after,
            queued=keeper.log.length,
        )
