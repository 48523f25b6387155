"""One of the two services that are compared, and a keep-alive connection to it."""

from __future__ import annotations

import base64
import http.client
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode, urlsplit

# Longer than any request that a client would wait for: a slow answer has to show as slow.
ANSWER_SECONDS = 120.0


class BenchError(RuntimeError):
    """A measurement that cannot be made; the text is shown as it is, without a stack trace."""


class RefusedError(RuntimeError):
    """The service answered a request with anything but 200."""

    def __init__(self, status: int, text: str) -> None:
        super().__init__(f"HTTP {status}: {text[:300]}")


@dataclass(frozen=True, kw_only=True)
class Side:
    """A running MLflow service: where it answers and which processes it consists of."""

    name: str
    url: str
    credentials: tuple[str, str] | None
    pids: Callable[[], list[int]]

    def connect(self) -> Connection:
        """Open a connection of one's own, as each thread of a load needs."""
        return Connection(self)


class Connection:
    """One keep-alive HTTP connection, for one thread.

    http.client and not MLflow's own client: it costs a tenth of the CPU, which on a machine that
    client and servers share would otherwise be taken from the servers.
    """

    def __init__(self, side: Side) -> None:
        parts = urlsplit(side.url)
        if parts.scheme != "http" or not parts.hostname:
            raise BenchError(f"{side.name}: {side.url} is not an http:// address. Use one that is")
        self._http = http.client.HTTPConnection(
            parts.hostname, parts.port or 80, timeout=ANSWER_SECONDS
        )
        self._headers = {"Content-Type": "application/json"}
        if side.credentials:
            token = base64.b64encode(":".join(side.credentials).encode()).decode()
            self._headers["Authorization"] = f"Basic {token}"

    def post(self, path: str, document: Mapping[str, Any]) -> dict[str, Any]:
        """Send `document` to MLflow's REST API and return the answer.

        Raises:
            RefusedError: The answer is not 200.
            OSError, http.client.HTTPException: There was no answer; the next call reconnects.
        """
        return self.prepare(path, document)()

    def prepare(self, path: str, document: Mapping[str, Any]) -> Callable[[], dict[str, Any]]:
        """Write the request now; what is returned sends it, as `post` would."""
        body = json.dumps(document)
        return lambda: self._exchange("POST", path, body)

    def get(self, path: str, query: Mapping[str, str]) -> dict[str, Any]:
        """Ask MLflow's REST API; raises as `post` does."""
        return self._exchange("GET", f"{path}?{urlencode(query)}", None)

    def _exchange(self, method: str, path: str, body: str | None) -> dict[str, Any]:
        try:
            self._http.request(method, f"/api/2.0/mlflow/{path}", body, self._headers)
            answer = self._http.getresponse()
            text = answer.read()
        except (OSError, http.client.HTTPException):
            self._http.close()
            raise
        if answer.status != http.client.OK:
            raise RefusedError(answer.status, text.decode(errors="replace"))
        parsed: dict[str, Any] = json.loads(text)
        return parsed

    def close(self) -> None:
        """Close the connection."""
        self._http.close()
