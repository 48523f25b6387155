"""Keeps MLflow's password checks off the event loop.

For its FastAPI routes (artifacts, traces, jobs) MLflow checks the password inside
an ``async`` middleware: a query and a PBKDF2 hash on the event loop
(mlflow/server/auth/__init__.py:_authenticate_fastapi_request, 3.17.2). With a
database that hangs, one artifact request would freeze the process, /ready
included. So the check runs first in a worker thread; MLflow then finds the answer
in its cache.
"""

import base64
import binascii
from typing import Any

import anyio.to_thread

from mlflow_ha_server.asgi import App, Receive, Scope, Send, header, send_json


def basic_credentials(value: str | None) -> tuple[str, str] | None:
    """Return user and password of a Basic ``Authorization`` header, None if it is none."""
    scheme, _, encoded = (value or "").partition(" ")
    if scheme.lower() != "basic":
        return None
    try:
        user, colon, password = base64.b64decode(encoded.strip()).decode("ascii").partition(":")
    except (binascii.Error, ValueError):
        return None
    return (user, password) if colon else None


class Authentication:
    """The ASGI wrapper."""

    def __init__(self, app: App, auth: Any) -> None:
        """Wrap MLflow's application.

        Args:
            app: MLflow's application.
            auth: the module ``mlflow.server.auth``.
        """
        self._app = app
        self._auth = auth

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] == "http" and self._checked_on_the_loop(scope):
            credentials = basic_credentials(header(scope, b"authorization"))
            # A failed query raises here and is judged like any other.
            if credentials and not await anyio.to_thread.run_sync(
                self._auth._authenticate_cached,  # noqa: SLF001
                *credentials,
            ):
                await send_json(
                    send,
                    401,
                    {"error_code": "UNAUTHENTICATED", "message": "Wrong user name or password."},
                    (("WWW-Authenticate", 'Basic realm="mlflow"'),),
                )
                return
        await self._app(scope, receive, send)

    def _checked_on_the_loop(self, scope: Scope) -> bool:
        path, method = scope["path"], scope["method"]
        return (
            not self._auth.is_unprotected_route(path)
            and self._auth._find_fastapi_validator(path, method) is not None  # noqa: SLF001
        )
