"""The bridge to MLflow's Flask application, with a bound on what it buffers.

Starlette's bridge puts every chunk of an answer into a queue without a limit
(starlette/middleware/wsgi.py, ``create_memory_object_stream(math.inf)``), so that
a download through /get-artifact lies in memory as a whole if the client is slow.
"""

from typing import Any

import anyio
from mlflow.server.fastapi_app import _EfficientWSGIResponder
from starlette.routing import Mount

from mlflow_ha_server.asgi import Message, Receive, Scope, Send

_QUEUED_CHUNKS = 4
"""Chunks an answer may be ahead of its client; Flask's files come in 8 KiB to 1 MiB."""


class _BoundedResponder(_EfficientWSGIResponder):  # type: ignore[misc]
    def __init__(self, app: Any, scope: Scope) -> None:
        super().__init__(app, scope)
        self.stream_send, self.stream_receive = anyio.create_memory_object_stream[Message](
            _QUEUED_CHUNKS
        )


class BoundedBridge:
    """Serves a WSGI application for HTTP requests and refuses all else, as MLflow does."""

    def __init__(self, app: Any) -> None:
        """Wrap the Flask application."""
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] == "http":
            await _BoundedResponder(self._app, scope)(receive, send)
        elif scope["type"] == "websocket":
            await send({"type": "websocket.close", "code": 1000})


def bound_the_bridge(fastapi_app: Any) -> None:
    """Put the bounded bridge where MLflow mounted its own."""
    mounts = [r for r in fastapi_app.routes if isinstance(r, Mount) and r.path == ""]
    if len(mounts) != 1:
        raise RuntimeError(f"MLflow mounts {len(mounts)} applications at /, expected its Flask one")
    mounts[0].app = BoundedBridge(mounts[0].app.app)  # type: ignore[attr-defined]
