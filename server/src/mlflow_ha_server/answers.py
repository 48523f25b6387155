"""Gives each request a journal and its answer the status the journal asks for.

The answer's head is held until the verdict; bodies are never buffered. An answer
that has begun with a success cannot be changed any more, and is not.
"""

import logging

from mlflow_ha_server import journal
from mlflow_ha_server.asgi import App, Message, Receive, Scope, Send, send_json
from mlflow_ha_server.symptoms import REMEDY, Kind
from mlflow_ha_server.verdict import OutcomeUnknown, PassThrough, Retryable, judge

FAILURE_HEADER = "X-MLflow-HA-Failure"
OUTCOME_HEADER = "X-MLflow-HA-Outcome"
RETRY_SECONDS = 1
"""Retry-After, s: a third of a usual failover, so that a client loses little of it."""

_log = logging.getLogger(__name__)


class Answers:
    """The ASGI wrapper."""

    def __init__(self, app: App) -> None:
        """Wrap the application."""
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        history = journal.begin()
        scope.setdefault("state", {})["mlflow_ha_journal"] = history
        started = replaced = False

        async def judged_send(message: Message) -> None:
            nonlocal started, replaced
            if replaced:
                return
            if message["type"] == "http.response.start" and not started:
                verdict = judge(history.entries, message["status"])
                started = True
                if not isinstance(verdict, PassThrough):
                    replaced = True
                    await send_verdict(send, verdict)
                    return
            await send(message)

        try:
            await self._app(scope, receive, judged_send)
        except Exception:
            if replaced:
                _log.debug("after an answer that was replaced", exc_info=True)
                return
            verdict = judge(history.entries, 500)
            if started or isinstance(verdict, PassThrough):
                raise
            _log.debug("answered in place of an exception", exc_info=True)
            await send_verdict(send, verdict)


async def send_verdict(send: Send, verdict: Retryable | OutcomeUnknown) -> None:
    """Send the 503 that a verdict stands for, in the form of MLflow's errors."""
    match verdict:
        case Retryable(kind):
            await send_retryable(send, kind)
        case OutcomeUnknown(kind):
            message = (
                f"{kind}: the database was lost after this request had, or may have, committed a"
                " write. Read back before you repeat it: a repetition could act twice."
            )
            await send_json(
                send,
                503,
                {"error_code": "TEMPORARILY_UNAVAILABLE", "message": message},
                ((FAILURE_HEADER, kind), (OUTCOME_HEADER, "unknown")),
            )


async def send_retryable(send: Send, kind: Kind) -> None:
    """Send the 503 after which the same request may be sent again."""
    message = (
        f"{kind}: {REMEDY[kind]}. Nothing was changed; send the same request again after"
        f" {RETRY_SECONDS} s."
    )
    await send_json(
        send,
        503,
        {"error_code": "TEMPORARILY_UNAVAILABLE", "message": message},
        (("Retry-After", str(RETRY_SECONDS)), (FAILURE_HEADER, kind)),
    )
