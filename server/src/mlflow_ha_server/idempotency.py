"""Answers the repetition of a request with the first answer.

A request that carries a key runs as any other does, so that MLflow checks login and rights before
anything else. Its key is committed with what it did (idempotency_sessions.py); a request whose key
was committed before changes nothing, and what MLflow then says is replaced here. The answer is kept
after it was sent; one that was lost is made again (idempotency_stores.py).
"""

import asyncio
from typing import Protocol

import anyio.to_thread

from mlflow_ha_server import idempotency_claim, idempotency_keys, idempotency_refusals
from mlflow_ha_server.asgi import App, Message, Receive, Scope, Send, header
from mlflow_ha_server.authentication import basic_credentials
from mlflow_ha_server.idempotency_claim import State
from mlflow_ha_server.idempotency_keys import KEY_HEADER, KeyedRequest
from mlflow_ha_server.idempotency_records import Answer, Record
from mlflow_ha_server.idempotency_reply import Call, Reply, whole

REPLAY_HEADER = "X-MLflow-HA-Idempotent-Replay"
ABILITY_HEADER = "X-MLflow-HA-Idempotency"

ANSWER_WAIT_SECONDS = 1.0
"""How long a first arrival that has committed may take to keep its answer; it takes milliseconds,
and an instance that died never does."""
_POLL_SECONDS = 0.05

_UNTOUCHED = (State.TAKEN, State.BUSY)


class Table(Protocol):
    """What is needed of idempotency_records.Records."""

    def find(self, key: bytes) -> Record | None:
        """Return a key's record, None if no request with it has committed."""

    def keep(self, key: bytes, answer: Answer) -> None:
        """Keep the first answer."""


class Idempotency:
    """The ASGI wrapper."""

    def __init__(self, app: App, table: Table) -> None:
        """Wrap the application."""
        self._app = app
        self._table = table

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        send = _with_headers(send, (ABILITY_HEADER, "1"))
        key = header(scope, KEY_HEADER.lower().encode())
        if key is None or not idempotency_keys.is_kept(scope["method"], scope["path"]):
            await self._app(scope, receive, send)
        elif not idempotency_keys.usable(key):
            await idempotency_refusals.key(send, key)
        elif (body := await whole(receive)) is not None:
            call = Call(scope, body, receive, send, _keyed(scope, key, body), key)
            await self._serve(call)

    async def _serve(self, call: Call) -> None:
        claim = idempotency_claim.begin(call.request)
        reply = Reply(call.send, claim)
        try:
            await self._app(*call.again(reply))
        except Exception:
            if claim.state not in _UNTOUCHED:
                raise
        if claim.state is State.BUSY:
            await idempotency_refusals.for_now(call.send, call.key)
        elif claim.state is State.TAKEN or reply.held:
            await self._repeat(call, reply)
        else:
            await self._keep(call.request, reply)

    async def _repeat(self, call: Call, reply: Reply) -> None:
        """Answer a request that did nothing: as its first arrival was, if there was one."""
        first = await self._first(call.request)
        if first is None and reply.claim.state is not State.TAKEN:
            await reply.release()
        elif first is None:
            # Its row was there a moment ago and has been swept.
            await idempotency_refusals.for_now(call.send, call.key)
        elif not first.is_of(call.request):
            await idempotency_refusals.other(call.send, call.key)
        elif first.answer:
            await _send_answer(call.send, first.answer)
        else:
            await self._finish(call, first)

    async def _first(self, request: KeyedRequest) -> Record | None:
        """Return the first arrival's record, with its answer if that is still under way."""
        while True:
            first = await anyio.to_thread.run_sync(self._table.find, request.key)
            if first is None or first.answer or first.age > ANSWER_WAIT_SECONDS:
                return first
            await asyncio.sleep(_POLL_SECONDS)

    async def _finish(self, call: Call, first: Record) -> None:
        """Make the answer that the first arrival did not live to give."""
        claim = idempotency_claim.begin(call.request, first)
        reply = Reply(_with_headers(call.send, (REPLAY_HEADER, "true")), claim)
        await self._app(*call.again(reply))
        if claim.state is State.SECOND:
            await idempotency_refusals.second(call.send, call.key, first)
        else:
            await self._keep(call.request, reply)

    async def _keep(self, request: KeyedRequest, reply: Reply) -> None:
        if reply.claim.state in (State.CARRIED, State.FINISHING) and (answer := reply.answer()):
            await anyio.to_thread.run_sync(self._table.keep, request.key, answer)


def _keyed(scope: Scope, key: str, body: bytes) -> KeyedRequest:
    credentials = basic_credentials(header(scope, b"authorization"))
    return idempotency_keys.keyed(
        key,
        credentials[0] if credentials else "",
        scope["method"],
        scope["path"],
        scope.get("query_string", b""),
        header(scope, b"x-mlflow-workspace") or "",
        body,
    )


def _with_headers(send: Send, *extra: tuple[str, str]) -> Send:
    pairs = [(name.encode(), value.encode()) for name, value in extra]

    async def sending(message: Message) -> None:
        if message["type"] == "http.response.start":
            message = {**message, "headers": [*message.get("headers", ()), *pairs]}
        await send(message)

    return sending


async def _send_answer(send: Send, answer: Answer) -> None:
    headers = [
        (b"content-type", answer.content_type.encode("latin-1")),
        (b"content-length", str(len(answer.body)).encode()),
        (b"cache-control", b"no-store"),
        (REPLAY_HEADER.encode(), b"true"),
    ]
    await send({"type": "http.response.start", "status": answer.status, "headers": headers})
    await send({"type": "http.response.body", "body": answer.body, "more_body": False})
