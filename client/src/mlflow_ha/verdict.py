"""What an answer, or its absence, says about the server and about the request. Pure."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from enum import Enum, auto

import requests
from urllib3.exceptions import ConnectTimeoutError, NewConnectionError, ReadTimeoutError

_CREDENTIALS = re.compile(r"//[^/@\s]+@")
_BAD_REQUEST, _TIMED_OUT, _TOO_MANY = 400, 408, 429
_INTERNAL_ERROR, _NOT_IMPLEMENTED = 500, 501
_STOCK_DATABASE_TROUBLE = ("QueuePool limit", "ReadOnlySqlTransaction", "read-only transaction")
"""A stock MLflow answers these with 400: a full pool after 30 s, and a demoted primary."""


class Verdict(Enum):
    """What one attempt came to."""

    ANSWERED = auto()
    """The server did its work, be the answer yes or no."""
    BUSY = auto()
    """The server is there and asks to be asked later; nothing was carried out."""
    STUMBLED = auto()
    """The server is there and failed at this request; it may have been carried out."""
    AWAY = auto()
    """It could not serve; surely nothing was carried out."""
    LOST = auto()
    """No answer of the server's own came back; the request may have been carried out."""

    @property
    def server_is_there(self) -> bool:
        """As a breaker counts: one request that fails does not take the server from others."""
        return self in (Verdict.ANSWERED, Verdict.BUSY, Verdict.STUMBLED)

    @property
    def perhaps_done(self) -> bool:
        return self in (Verdict.STUMBLED, Verdict.LOST)


def of_answer(status: int, headers: Mapping[str, str], text: str) -> Verdict:
    """Judge an HTTP answer.

    Args:
        status: Such as 503. A stock MLflow says it also when the database went away in the moment
            of a COMMIT, so that it leaves open what was done.
        headers: Looked up without regard to case by `requests`.
        text: The body; only that of a 400 and a 500 is looked at.
    """
    if headers.get("X-MLflow-HA-Outcome") == "unknown":
        return Verdict.LOST
    if status == _TOO_MANY:
        return Verdict.BUSY
    if status == _TIMED_OUT or (status == _INTERNAL_ERROR and _is_of_mlflow(text)):
        return Verdict.STUMBLED
    if status >= _INTERNAL_ERROR and status != _NOT_IMPLEMENTED:
        return Verdict.LOST
    if status == _BAD_REQUEST and any(sign in text for sign in _STOCK_DATABASE_TROUBLE):
        return Verdict.AWAY
    return Verdict.ANSWERED


def of_response(response: requests.Response) -> Verdict:
    """Judge an answer; its body is read only where it matters."""
    matters = response.status_code in (_BAD_REQUEST, _INTERNAL_ERROR)
    return of_answer(response.status_code, response.headers, response.text if matters else "")


def of_exception(error: BaseException) -> Verdict | None:
    """Judge an exception; None where it is not about the connection at all.

    MLflow wraps what `requests` raised and keeps it only as the context.
    """
    causes = list(_chain(error))
    for cause in causes:
        if isinstance(cause, (ConnectTimeoutError, NewConnectionError, requests.ConnectTimeout)):
            return Verdict.AWAY
    for cause in causes:
        if isinstance(cause, requests.HTTPError) and cause.response is not None:
            verdict = of_response(cause.response)
            return None if verdict is Verdict.ANSWERED else verdict
    for cause in causes:
        if isinstance(
            cause,
            (requests.ConnectionError, requests.Timeout, requests.exceptions.ChunkedEncodingError),
        ):
            return Verdict.LOST
    return None


def timed_out(error: BaseException) -> bool:
    """Whether an exception says only that something did not come in time."""
    late = (requests.Timeout, ReadTimeoutError, ConnectTimeoutError)
    # urllib3 2 counts a refused connection among the late ones.
    return any(
        isinstance(cause, late) and not isinstance(cause, NewConnectionError)
        for cause in _chain(error)
    )


def reason(error: BaseException) -> str:
    """Return what lies at the root of an exception; MLflow's own text repeats the whole address."""
    *_, root = _chain(error)
    return _CREDENTIALS.sub("//", f"{type(root).__name__}: {root}")


def _is_of_mlflow(text: str) -> bool:
    """Whether MLflow itself wrote an error; a proxy before it would not know how."""
    try:
        told = json.loads(text)
    except ValueError:
        return False
    return isinstance(told, dict) and "error_code" in told


def _chain(error: BaseException) -> Iterator[BaseException]:
    """The exception, its causes and contexts, and what `requests` and `urllib3` hide in them."""
    seen: set[int] = set()
    todo: list[object] = [error]
    while todo:
        current = todo.pop()
        if not isinstance(current, BaseException) or id(current) in seen:
            continue
        seen.add(id(current))
        yield current
        todo += [
            current.__cause__,
            current.__context__,
            getattr(current, "reason", None),
            *current.args,
        ]
