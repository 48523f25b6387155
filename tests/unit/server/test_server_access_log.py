"""Proves what a line of the access log holds, and what it never does."""

import asyncio
import base64
import json
import logging

import pytest
from hypothesis import given
from hypothesis import strategies as st
from mlflow_ha_server.access_log import AccessLog, request_id
from mlflow_ha_server.answers import send_retryable
from mlflow_ha_server.asgi import App, Receive, Scope, Send
from mlflow_ha_server.authentication import basic_credentials
from mlflow_ha_server.logs import JsonFormatter
from mlflow_ha_server.symptoms import Kind

from tests.unit.server.asgi_double import Reply, answering, call, scope

LOGIN = "Basic " + base64.b64encode(b"ann:pa:ss").decode()


def logged(
    caplog: pytest.LogCaptureFixture, app: App, given: Scope
) -> tuple[Reply, dict[str, object]]:
    with caplog.at_level(logging.DEBUG, "mlflow_ha_server.access"):
        reply = asyncio.run(call(AccessLog(app), given))
    return reply, json.loads(JsonFormatter("app-1").format(caplog.records[-1]))


def test_a_line_joins_the_answer_by_the_balancers_id(caplog: pytest.LogCaptureFixture) -> None:
    given = scope("/api/x", "POST", x_request_id="lb-1:42", authorization=LOGIN)
    given["query_string"] = b"token=s3cret"
    reply, line = logged(caplog, answering(200, b"abc"), given)
    assert reply.headers["x-request-id"] == "lb-1:42"
    wanted = {
        "request_id": "lb-1:42", "method": "POST", "path": "/api/x", "status": 200, "bytes": 3,
        "user": "ann", "instance": "app-1", "level": "info",
    }  # fmt: skip
    assert wanted.items() <= line.items()
    assert isinstance(line["duration_ms"], float)
    assert "s3cret" not in json.dumps(line)
    assert "pa:ss" not in json.dumps(line)


def test_a_failure_is_in_the_line(caplog: pytest.LogCaptureFixture) -> None:
    async def app(_scope: Scope, _receive: Receive, send: Send) -> None:
        await send_retryable(send, Kind.POOLER)

    _, line = logged(caplog, app, scope())
    assert line["failure"] == "pooler"
    assert line["status"] == 503


def test_health_questions_are_not_logged_at_info(caplog: pytest.LogCaptureFixture) -> None:
    _, line = logged(caplog, answering(200), scope("/ready"))
    assert line["level"] == "debug"


def test_a_request_that_raises_is_logged_as_500(caplog: pytest.LogCaptureFixture) -> None:
    async def app(_scope: Scope, _receive: Receive, _send: Send) -> None:
        raise RuntimeError

    with pytest.raises(RuntimeError):
        logged(caplog, app, scope())
    assert caplog.records[-1].fields["status"] == 500  # type: ignore[attr-defined]


@given(st.text(max_size=200))
def test_an_id_that_could_forge_a_line_or_a_header_is_replaced(text: str) -> None:
    used = request_id(text)
    assert used.isascii()
    assert used.isprintable()
    assert '"' not in used
    assert 1 <= len(used) <= 128
    assert "\n" not in used


@given(st.text(max_size=60))
def test_a_malformed_login_is_no_login_and_no_error(text: str) -> None:
    basic_credentials(text)
    basic_credentials("Basic " + text)


def test_a_password_in_an_address_is_masked_in_any_message() -> None:
    record = logging.makeLogRecord({"msg": "to postgresql://u:topsecret@h/db", "levelname": "INFO"})
    assert "topsecret" not in JsonFormatter("a").format(record)
