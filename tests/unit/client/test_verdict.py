"""What an answer or an exception says about the server, each case with its opposite."""

import http.client

import pytest
import requests
from mlflow.exceptions import MlflowException
from mlflow_ha.verdict import Verdict, of_answer, of_exception, timed_out
from urllib3.exceptions import ConnectTimeoutError, MaxRetryError, NewConnectionError, ProtocolError

OF_MLFLOW = '{"error_code": "INTERNAL_ERROR", "message": "x"}'


@pytest.mark.parametrize(
    ("status", "headers", "text", "verdict"),
    [
        (200, {}, "{}", Verdict.ANSWERED),
        (404, {}, '{"error_code": "RESOURCE_DOES_NOT_EXIST"}', Verdict.ANSWERED),
        (401, {}, "", Verdict.ANSWERED),
        (501, {}, "", Verdict.ANSWERED),
        (429, {}, "", Verdict.BUSY),
        (408, {}, "", Verdict.STUMBLED),
        (500, {}, OF_MLFLOW, Verdict.STUMBLED),
        (500, {}, "<h1>Internal Server Error</h1>", Verdict.LOST),
        (503, {}, OF_MLFLOW, Verdict.LOST),
        (503, {"X-MLflow-HA-Outcome": "unknown"}, "", Verdict.LOST),
        (502, {}, "", Verdict.LOST),
        (504, {}, "", Verdict.LOST),
        (400, {}, "QueuePool limit of size 5 overflow 10 reached", Verdict.AWAY),
        (400, {}, "(psycopg2.errors.ReadOnlySqlTransaction) cannot execute", Verdict.AWAY),
        (400, {}, "Invalid metric name", Verdict.ANSWERED),
        (422, {}, "QueuePool limit", Verdict.ANSWERED),
    ],
)
def test_an_answer(status: int, headers: dict[str, str], text: str, verdict: Verdict) -> None:
    assert of_answer(status, headers, text) is verdict


def test_only_what_takes_the_server_from_everybody_counts_against_it() -> None:
    against = {verdict for verdict in Verdict if not verdict.server_is_there}
    assert against == {Verdict.AWAY, Verdict.LOST}


def wrapped(cause: Exception) -> Exception:
    """As MLflow raises it: the cause is only the context."""
    error: Exception = MlflowException("API request failed")
    error.__context__ = cause
    return error


@pytest.mark.parametrize(
    ("cause", "verdict"),
    [
        (requests.ConnectTimeout(), Verdict.AWAY),
        (
            requests.ConnectionError(
                MaxRetryError(None, "/", NewConnectionError(None, "refused"))  # type: ignore[arg-type]  # no pool
            ),
            Verdict.AWAY,
        ),
        (
            requests.ConnectionError(MaxRetryError(None, "/", ConnectTimeoutError())),  # type: ignore[arg-type]  # no pool
            Verdict.AWAY,
        ),
        (
            requests.ConnectionError(
                ProtocolError("aborted", http.client.RemoteDisconnected("closed"))
            ),
            Verdict.LOST,
        ),
        (requests.ReadTimeout(), Verdict.LOST),
        (requests.exceptions.ChunkedEncodingError(), Verdict.LOST),
        (requests.exceptions.InvalidURL(), None),
        (ValueError("no JSON"), None),
    ],
)
def test_an_exception_also_when_mlflow_wrapped_it(
    cause: Exception, verdict: Verdict | None
) -> None:
    assert of_exception(cause) is verdict
    assert of_exception(wrapped(cause)) is verdict


def test_what_came_too_late_is_told_from_what_was_refused() -> None:
    assert timed_out(wrapped(requests.ReadTimeout()))
    assert timed_out(requests.ConnectTimeout())
    assert not timed_out(requests.ConnectionError(NewConnectionError(None, "refused")))  # type: ignore[arg-type]  # no pool
