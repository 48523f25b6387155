"""Send one message, and again, until it is answered or its time is up."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

from mlflow.exceptions import MlflowException
from mlflow.utils.credentials import get_default_host_creds
from mlflow.utils.rest_utils import http_request, verify_rest_response
from requests import Response

from mlflow_ha import events, stock
from mlflow_ha.address import redacted
from mlflow_ha.breaker import Permit, State
from mlflow_ha.calls import told, with_repeats_told
from mlflow_ha.deadline import Deadline
from mlflow_ha.errors import CircuitBreakerOpenError, OutcomeUnknown, TrackingUnavailable
from mlflow_ha.message import Message
from mlflow_ha.repetition import Again, retry_after, until_answered
from mlflow_ha.server import Server, server_at
from mlflow_ha.settings import MLflowSettings
from mlflow_ha.verdict import Verdict, of_exception, of_response, reason, timed_out

T = TypeVar("T")

_SHORTEST_TIMEOUT = 0.01
_NEARLY_SPENT = 0.05
_NO_CONTENT = 204
_REPLAY_HEADER = "X-MLflow-HA-Idempotent-Replay"
_ARTIFACT = "Artifact"
"""What transfers are called where calls are counted: a name each would be too many."""
# Any answer of MLflow's tells what the server can do; this is the cheapest that needs no rights.
_INTRODUCTION = Message(
    "GetExperiment", "GET", "/api/2.0/mlflow/experiments/get", {"experiment_id": "0"}
)


@dataclass
class _Attempts:
    """What has become of one message so far.

    Attributes:
        perhaps_done: Whether the server may have carried it out already.
        marked: Whether it bears its key as a tag too; the same in every attempt, since a server
            that knows keys knows what came with them. None before the first.
        too_slow: Attempts whose answer did not come in time.
    """

    perhaps_done: bool = False
    marked: bool | None = None
    too_slow: int = 0


class Sender:
    """Reaches one server.

    Args:
        uri: Of the server, as MLflow was given it.
        settings: How long to try.
    """

    def __init__(self, uri: str, settings: MLflowSettings) -> None:
        self.uri = uri
        self._address = redacted(uri)
        self._settings = settings

    @property
    def server(self) -> Server:
        """Looked up each time: a forked child knows nothing of its parent's."""
        return server_at(self.uri, self._settings)

    def call(self, message: Message) -> dict[str, Any]:
        """Send with the deadline that settings give every call."""
        return self.send(message, Deadline.after(self._settings.deadline))

    def send(self, message: Message, deadline: Deadline) -> dict[str, Any]:
        """Return the answer to `message`.

        Raises:
            MlflowException: What the server answered, if it is an error of the request.
            TrackingUnavailable: Not answered before the deadline.
            CircuitBreakerOpenError: The breaker stayed open until the deadline, or may not be
                waited for.
            OutcomeUnknown: The answer was lost and a repetition could do it twice.
        """
        seen = _Attempts()
        try:
            answer = self._repeated(
                message.api, message.api, deadline, lambda: self._attempt(message, deadline, seen)
            )
        except TrackingUnavailable as away:
            away.perhaps_done = seen.perhaps_done
            raise
        return answer if self.server.tells_repeats_apart else stock.unmarked(answer)

    def try_once(self, message: Message) -> dict[str, Any]:
        """Return the answer to one attempt of a message that may have been sent before.

        It waits for nothing but its answer.

        Raises:
            MlflowException: What the server answered.
            TrackingUnavailable: Not now; ask again later, with the same message.
            OutcomeUnknown: As in `send`.
        """
        with told(self._address, message.api):
            if self.server.breaker.state is State.OPEN:
                raise self._unavailable(f"{message.api} was not tried", CircuitBreakerOpenError)
            deadline = Deadline.after(self._settings.request_timeout)
            try:
                return self._attempt(message, deadline, _Attempts(perhaps_done=True))
            except Again as again:
                again.tell_what_the_server_said()
                raise self._unavailable(f"{message.api} was not answered ({again.what})") from None

    def repeat(self, what: str, action: Callable[[], T], deadline: Deadline) -> T:
        """Do something that may be done twice, such as a transfer, until it succeeds.

        Args:
            what: Named in errors.
            action: Talks to the server by MLflow's own means.
            deadline: For all attempts together.

        Raises:
            TrackingUnavailable: It did not succeed before the deadline.
            CircuitBreakerOpenError: As in `send`.
        """
        return self._repeated(
            what, _ARTIFACT, deadline, lambda: self._guarded(what, action, deadline)
        )

    def _repeated(self, what: str, api: str, deadline: Deadline, attempt: Callable[[], T]) -> T:
        with told(self._address, api):
            repeated = with_repeats_told(self._address, api, attempt)
            try:
                return until_answered(repeated, deadline, self._settings)
            except Again as last:
                last.tell_what_the_server_said()
                raise self._unavailable(f"{what} was not answered in time ({last.what})") from None

    def _unavailable(
        self, what: str, kind: type[TrackingUnavailable] = TrackingUnavailable
    ) -> TrackingUnavailable:
        breaker = self.server.breaker
        return kind(
            what,
            server=self.server.address,
            state=breaker.state,
            retry_after=breaker.retry_after,
        )

    def _attempt(self, message: Message, deadline: Deadline, seen: _Attempts) -> dict[str, Any]:
        if not message.makes_something:
            return self._answer(message, deadline, seen)
        apart = self._tells_repeats_apart(deadline)
        if seen.perhaps_done and not apart:
            made = self._look_for(message, deadline)
            if made is not None:
                self._suppressed(message)
                return made
        if seen.marked is None:
            seen.marked = not apart
        return self._answer(stock.marked(message) if seen.marked else message, deadline, seen)

    def _tells_repeats_apart(self, deadline: Deadline) -> bool:
        if self.server.tells_repeats_apart is None:
            self._exchange(_INTRODUCTION, deadline, _Attempts())
        return bool(self.server.tells_repeats_apart)

    def _look_for(self, create: Message, deadline: Deadline) -> dict[str, Any] | None:
        """Return what the server would have answered, or None where it has not made it."""
        lookup = stock.LOOKUPS.get(create.api)
        if lookup is None:
            raise OutcomeUnknown(create.api, server=self.server.address)
        try:
            told = self._answer(lookup.question(create), deadline, _Attempts())
        except MlflowException as error:
            if error.error_code == "RESOURCE_DOES_NOT_EXIST":
                return None
            raise
        return lookup.found(create, told)

    def _answer(self, message: Message, deadline: Deadline, seen: _Attempts) -> dict[str, Any]:
        asked_before = seen.perhaps_done
        answer = self._exchange(message, deadline, seen)
        if answer.status_code == _NO_CONTENT:
            return {}
        try:
            verified = verify_rest_response(answer, message.endpoint)
        except MlflowException as error:
            if asked_before and stock.says_that_it_is_done(message, error):
                self._suppressed(message)
                return {}
            raise
        parsed: dict[str, Any] = json.loads(verified.text)
        return parsed

    def _exchange(self, message: Message, deadline: Deadline, seen: _Attempts) -> Response:
        """Make one attempt; return the server's answer, and tell the breaker what it says.

        Raises:
            Again: There was no usable answer.
        """
        permit = self._permit(message.api, deadline)
        breaker = self.server.breaker
        try:
            answer = self._request(message, deadline, seen)
        except MlflowException as error:
            verdict = of_exception(error)
            late = timed_out(error)
            seen.too_slow += late
            if verdict is None or (late and deadline.left < _NEARLY_SPENT):
                # What the caller's own deadline cut short says nothing about the server.
                breaker.forget(permit)
            else:
                breaker.failed(permit)
            if verdict is None:
                raise
            seen.perhaps_done |= verdict.perhaps_done
            raise Again(reason(error), verdict) from error
        except BaseException:
            breaker.forget(permit)
            raise
        verdict = of_response(answer)
        if not verdict.server_is_there:
            breaker.failed(permit)
        else:
            breaker.succeeded(permit)
        if verdict is not Verdict.ANSWERED:
            seen.perhaps_done |= verdict.perhaps_done
            raise Again.after(answer, verdict)
        self.server.heard(answer.headers)
        if answer.headers.get(_REPLAY_HEADER) == "true":
            self._suppressed(message)
        return answer

    def _suppressed(self, message: Message) -> None:
        events.publish(events.DuplicateSuppressed(self._address, message.api))

    def _request(self, message: Message, deadline: Deadline, seen: _Attempts) -> Response:
        left = max(deadline.left, _SHORTEST_TIMEOUT)
        # A slow answer is waited for longer each time; a hung server costs the first wait only.
        patience = self._settings.request_timeout * 2**seen.too_slow
        if message.data is not None:
            content: dict[str, Any] = {"data": message.data}
        else:
            content = {"params" if message.method == "GET" else "json": message.body}
        return http_request(
            get_default_host_creds(self.uri),
            message.endpoint,
            message.method,
            max_retries=0,
            raise_on_status=False,
            extra_headers=message.all_headers,
            timeout=(min(self._settings.connection_timeout, left), min(patience, left)),
            **content,
        )

    def _guarded(self, what: str, action: Callable[[], T], deadline: Deadline) -> T:
        permit = self._permit(what, deadline)
        breaker = self.server.breaker
        try:
            result = action()
        except Exception as error:
            verdict = of_exception(error)
            if verdict is None:
                breaker.forget(permit)
                raise
            if verdict.server_is_there:
                breaker.succeeded(permit)
            else:
                breaker.failed(permit)
            raise Again(reason(error), verdict, pause=retry_after(error)) from error
        except BaseException:
            breaker.forget(permit)
            raise
        breaker.succeeded(permit)
        return result

    def _permit(self, what: str, deadline: Deadline) -> Permit:
        breaker = self.server.breaker
        if not self._settings.enable_circuit_breaker:
            return Permit(generation=-1)
        while deadline.spent or (permit := breaker.admit()) is None:
            if self._settings.fail_fast or deadline.spent:
                why = "its time was up" if deadline.spent else "the server did not answer others"
                raise self._unavailable(f"{what} was not tried: {why}", CircuitBreakerOpenError)
            breaker.wait(deadline.left)
        return permit
