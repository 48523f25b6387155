"""Calls an ASGI application in this process and collects what it sends."""

import json
from dataclasses import dataclass, field
from typing import Any

from mlflow_ha_server.asgi import App, Message, Receive, Scope, Send


@dataclass
class Reply:
    """What was sent, message by message."""

    messages: list[Message] = field(default_factory=list)

    @property
    def status(self) -> int:
        return int(self.messages[0]["status"])

    @property
    def headers(self) -> dict[str, str]:
        return {k.decode().lower(): v.decode() for k, v in self.messages[0]["headers"]}

    @property
    def body(self) -> bytes:
        return b"".join(m.get("body", b"") for m in self.messages[1:])

    @property
    def json(self) -> Any:
        return json.loads(self.body)


def scope(path: str = "/api", method: str = "GET", **headers: str) -> Scope:
    pairs = [(k.replace("_", "-").encode(), v.encode()) for k, v in headers.items()]
    return {"type": "http", "path": path, "method": method, "headers": pairs}


async def call(app: App, given: Scope | None = None, reply: Reply | None = None) -> Reply:
    collected = reply or Reply()

    async def receive() -> Message:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message: Message) -> None:
        collected.messages.append(message)

    await app(given or scope(), receive, send)
    return collected


def answering(status: int, *chunks: bytes, before: Any = None) -> App:
    async def app(_scope: Scope, _receive: Receive, send: Send) -> None:
        if before:
            before()
        await send({"type": "http.response.start", "status": status, "headers": []})
        for chunk in chunks:
            await send({"type": "http.response.body", "body": chunk, "more_body": True})
        await send({"type": "http.response.body", "body": b"", "more_body": False})

    return app
