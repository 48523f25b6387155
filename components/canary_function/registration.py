"""One registration through the front door, as a user would make it, and its traces removed.

MLflow keeps the row of a deleted version, so the model itself is deleted now and then.
"""

from __future__ import annotations

import base64
import json
import ssl
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

MODEL = "mlflow-ha-canary"
_API = "/api/2.0/mlflow"
_SECONDS = 15.0
"""Longest wait for one answer; five of them, as in a first run, stay below the function's limit."""
_VERSIONS_UNTIL_ANEW = 500
_UNKNOWN = (403, 404)
"""MLflow answers 403 for a model that does not exist, to a user who is no administrator."""


@dataclass(frozen=True)
class Login:
    """An MLflow user without privileges."""

    username: str
    password: str

    def __repr__(self) -> str:
        return f"Login({self.username!r}, ***)"


class StepFailed(Exception):  # noqa: N818  (a finding)
    """A step of the registration did not succeed; the text says which and how."""

    def __init__(self, step: str, how: str, status: int | None = None) -> None:
        super().__init__(f"{step}: {how}")
        self.status = status


def register(url: str, login: Login, *, clock: Callable[[], float] = time.monotonic) -> float:
    """Register a version and delete it again.

    Args:
        url: Of the front door.
        login: Who registers.
        clock: Seconds.

    Returns:
        Seconds the registration alone took.

    Raises:
        StepFailed: One of the steps did not succeed.
    """
    _get(url, login, "/writable", "asking whether a write would succeed")
    began = clock()
    version = _created(url, login)
    seconds = clock() - began
    _remove(url, login, version)
    return seconds


def _created(url: str, login: Login) -> int:
    body = {"name": MODEL, "source": f"s3://{MODEL}/model"}
    try:
        answer = _post(url, login, f"{_API}/model-versions/create", body, "registering a version")
    except StepFailed as failed:
        if failed.status not in _UNKNOWN:
            raise
        _post(
            url,
            login,
            f"{_API}/registered-models/create",
            {"name": MODEL, "description": "Registered every few minutes to see that it works."},
            "creating the canary's model",
        )
        answer = _post(url, login, f"{_API}/model-versions/create", body, "registering a version")
    return int(answer["model_version"]["version"])


def _remove(url: str, login: Login, version: int) -> None:
    if version >= _VERSIONS_UNTIL_ANEW:
        what, body = "registered-models", {"name": MODEL}
    else:
        what, body = "model-versions", {"name": MODEL, "version": str(version)}
    _call(_request(url, login, "DELETE", f"{_API}/{what}/delete", body), "removing the version")


def _get(url: str, login: Login, path: str, step: str) -> dict[str, Any]:
    return _call(_request(url, login, "GET", path), step)


def _post(url: str, login: Login, path: str, body: dict[str, str], step: str) -> dict[str, Any]:
    return _call(_request(url, login, "POST", path, body), step)


def _request(
    url: str, login: Login, method: str, path: str, body: dict[str, str] | None = None
) -> urllib.request.Request:
    secret = base64.b64encode(f"{login.username}:{login.password}".encode()).decode()
    return urllib.request.Request(  # noqa: S310  (the address is the environment's own)
        url + path,
        method=method,
        data=None if body is None else json.dumps(body).encode(),
        headers={"Authorization": f"Basic {secret}", "Content-Type": "application/json"},
    )


def _call(request: urllib.request.Request, step: str) -> dict[str, Any]:
    context = ssl.create_default_context() if request.type == "https" else None
    try:
        with urllib.request.urlopen(request, timeout=_SECONDS, context=context) as answer:  # noqa: S310
            text = answer.read()
    except urllib.error.HTTPError as error:
        raise StepFailed(step, f"HTTP {error.code}", error.code) from None
    except (OSError, ValueError) as error:
        raise StepFailed(step, f"{type(error).__name__}: {error}") from None
    try:
        found: dict[str, Any] = json.loads(text or b"{}")
    except ValueError:
        return {}
    return found
