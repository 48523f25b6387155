"""Proves what the answer wrapper sends, holds back and leaves alone; the application is a fake."""

import asyncio
from typing import Any

import pytest
from mlflow_ha_server import journal
from mlflow_ha_server.answers import Answers
from mlflow_ha_server.asgi import Receive, Scope, Send
from mlflow_ha_server.symptoms import Symptom
from mlflow_ha_server.verdict import Committing, Entry, Failed, Wrote

from tests.unit.server.asgi_double import Reply, answering, call

REFUSED: list[Entry] = [Wrote(0), Failed(0, Symptom("25006", "read-only"), has_statement=True)]
IN_DOUBT: list[Entry] = [
    Wrote(0),
    Committing(0),
    Failed(0, Symptom(None, "closed", disconnect=True), has_statement=False),
]


def noting(entries: list[Entry]) -> Any:
    def note() -> None:
        current = journal.current()
        assert current is not None
        current.entries.extend(entries)

    return note


def test_mlflows_400_for_a_read_only_database_becomes_a_503_to_retry() -> None:
    reply = asyncio.run(call(Answers(answering(400, b"secret text", before=noting(REFUSED)))))
    assert reply.status == 503
    assert reply.headers["retry-after"] == "1"
    assert reply.headers["x-mlflow-ha-failure"] == "read-only"
    assert "x-mlflow-ha-outcome" not in reply.headers
    assert reply.json["error_code"] == "TEMPORARILY_UNAVAILABLE"
    assert b"secret text" not in reply.body
    assert int(reply.headers["content-length"]) == len(reply.body)


def test_a_lost_commit_is_marked_unknown_and_asks_for_no_retry() -> None:
    reply = asyncio.run(call(Answers(answering(503, before=noting(IN_DOUBT)))))
    assert reply.status == 503
    assert reply.headers["x-mlflow-ha-outcome"] == "unknown"
    assert "retry-after" not in reply.headers
    assert "Read back" in reply.json["message"]


def test_any_other_error_passes_byte_by_byte() -> None:
    reply = asyncio.run(call(Answers(answering(404, b"no ", b"run"))))
    assert reply.status == 404
    assert reply.body == b"no run"


def test_a_streamed_answer_is_passed_on_chunk_by_chunk() -> None:
    seen: list[int] = []
    reply = Reply()

    async def app(_scope: Scope, _receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})
        for _ in range(3):
            await send({"type": "http.response.body", "body": b"x", "more_body": True})
            seen.append(len(reply.messages))

    asyncio.run(call(Answers(app), reply=reply))
    assert seen == [2, 3, 4]


def test_an_exception_after_a_retryable_failure_is_a_503_too() -> None:
    async def app(_scope: Scope, _receive: Receive, _send: Send) -> None:
        noting(REFUSED)()
        raise RuntimeError("the handler's own")

    assert asyncio.run(call(Answers(app))).status == 503


def test_an_exception_of_another_kind_is_raised_on() -> None:
    async def app(_scope: Scope, _receive: Receive, _send: Send) -> None:
        raise RuntimeError("a defect")

    with pytest.raises(RuntimeError, match="a defect"):
        asyncio.run(call(Answers(app)))


def test_two_requests_at_once_do_not_share_a_verdict() -> None:
    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["path"] == "/bad":
            noting(REFUSED)()
        await asyncio.sleep(0.01)
        await answering(400)(scope, receive, send)

    async def both() -> list[Reply]:
        wrapped = Answers(app)
        base = {"type": "http", "method": "GET", "headers": []}
        paths = ("/bad", "/good")
        return await asyncio.gather(*(call(wrapped, {**base, "path": p}) for p in paths))

    bad, good = asyncio.run(both())
    assert (bad.status, good.status) == (503, 400)
