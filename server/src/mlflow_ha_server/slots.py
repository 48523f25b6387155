"""How many requests run at once: API requests and artifact transfers apart.

The caps are what pool.py's argument rests on. A slow 1 GB transfer takes none of
the API's slots, and a flood of API requests none of the artifacts'.
"""

import asyncio
from enum import Enum

from mlflow_ha_server.answers import send_retryable
from mlflow_ha_server.asgi import App, Receive, Scope, Send
from mlflow_ha_server.symptoms import Kind


class Lane(Enum):
    """What a request needs a slot for."""

    API = "api"
    ARTIFACT = "artifact"
    NONE = "none"


_ARTIFACT_PARTS = (
    "/mlflow-artifacts/",
    "/get-artifact",
    "/upload-artifact",
    "/get-trace-artifact",
    "/artifacts/files",
)
# What MLflow serves without a login, hence without a query; "/" itself is not among it.
_FREE = ("/health", "/favicon.ico")


def lane(path: str) -> Lane:
    """Return the kind of slot a path needs; a path not known is the API's."""
    if path in _FREE or path.startswith(("/static-files/", "/static/")):
        return Lane.NONE
    if any(part in path for part in _ARTIFACT_PARTS):
        return Lane.ARTIFACT
    return Lane.API


class Slots:
    """The ASGI wrapper."""

    def __init__(self, app: App, *, api: int, artifact: int, queue_seconds: float) -> None:
        """Wrap the application.

        Args:
            app: the application.
            api: API requests at once.
            artifact: artifact transfers at once.
            queue_seconds: longest wait for a slot before the answer is 503.
        """
        self._app = app
        self._slots = {Lane.API: asyncio.Semaphore(api), Lane.ARTIFACT: asyncio.Semaphore(artifact)}
        self._queue_seconds = queue_seconds

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request when its slot is free."""
        wanted = lane(scope["path"]) if scope["type"] == "http" else Lane.NONE
        if wanted is Lane.NONE:
            await self._app(scope, receive, send)
            return
        slots = self._slots[wanted]
        try:
            async with asyncio.timeout(self._queue_seconds):
                await slots.acquire()
        except TimeoutError:
            scope.setdefault("state", {})["mlflow_ha_failure"] = Kind.OVERLOADED
            await send_retryable(send, Kind.OVERLOADED)
            return
        try:
            await self._app(scope, receive, send)
        finally:
            slots.release()
