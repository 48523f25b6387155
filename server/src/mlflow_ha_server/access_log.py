"""One JSON line per request, and the request's id through all of it.

The balancer sets X-Request-ID; a request without a usable one is given one. The
answer carries it back, so that a client's error and this log can be joined. Query
strings are never logged: they hold names and filters, and can hold secrets.
"""

import logging
import re
import time
import uuid

from mlflow_ha_server.answers import FAILURE_HEADER, OUTCOME_HEADER
from mlflow_ha_server.asgi import App, Headers, Message, Receive, Scope, Send, header
from mlflow_ha_server.authentication import basic_credentials
from mlflow_ha_server.health import PATHS as HEALTH_PATHS
from mlflow_ha_server.journal import Journal
from mlflow_ha_server.pool import DEPTH

# Visible ASCII without quotes: what a log line or a header can carry unharmed.
_USABLE_ID = re.compile(r"[A-Za-z0-9._:/=+@-]{1,128}")
_QUIET = (*HEALTH_PATHS, "/health")

_log = logging.getLogger("mlflow_ha_server.access")


def request_id(given: str | None) -> str:
    """Return the balancer's id if it is usable, a new one otherwise."""
    return given if given and _USABLE_ID.fullmatch(given) else uuid.uuid4().hex


class AccessLog:
    """The ASGI wrapper."""

    def __init__(self, app: App) -> None:
        """Wrap the application."""
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request and log it."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        began = time.perf_counter()
        ident = request_id(header(scope, b"x-request-id"))
        fields: dict[str, object] = {
            "request_id": ident,
            "method": scope["method"],
            "path": scope["path"],
            "status": 500,
        }
        sent = 0

        async def counting_send(message: Message) -> None:
            nonlocal sent
            if message["type"] == "http.response.start":
                headers: Headers = [
                    (k, v) for k, v in message.get("headers", ()) if k.lower() != b"x-request-id"
                ]
                message = {**message, "headers": [*headers, (b"x-request-id", ident.encode())]}
                fields["status"] = message["status"]
                fields.update(_failure(headers))
            elif message["type"] == "http.response.body":
                sent += len(message.get("body", b""))
            await send(message)

        try:
            await self._app(scope, receive, counting_send)
        finally:
            fields["duration_ms"] = round((time.perf_counter() - began) * 1000, 1)
            fields["bytes"] = sent
            if credentials := basic_credentials(header(scope, b"authorization")):
                fields["user"] = credentials[0]
            _write(fields, scope.get("state", {}).get("mlflow_ha_journal"))


def _failure(headers: Headers) -> dict[str, str]:
    wanted = {
        FAILURE_HEADER.lower().encode(): "failure",
        OUTCOME_HEADER.lower().encode(): "outcome",
    }
    return {wanted[k.lower()]: v.decode() for k, v in headers if k.lower() in wanted}


def _write(fields: dict[str, object], journal: object) -> None:
    level = logging.DEBUG if fields["path"] in _QUIET else logging.INFO
    if isinstance(journal, Journal):
        fields["db_held"] = journal.most_held
        if journal.mixed or any(n > DEPTH[e] for e, n in journal.most_held.items()):
            # pool.py's bound rests on these numbers.
            level = logging.ERROR
            fields["message"] = "held more connections than the pool's size allows for"
    _log.log(level, "%s %s", fields["method"], fields["path"], extra={"fields": fields})
