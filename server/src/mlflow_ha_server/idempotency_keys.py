"""Which requests are answered once only, and what tells a repetition from another: pure.

The key itself is never stored: whoever reads the table could otherwise send it.
"""

import hashlib
import json
import re
from dataclasses import dataclass

from mlflow_ha_server.slots import Lane, lane

KEY_HEADER = "X-MLflow-HA-Idempotency-Key"
RULE = "16 to 128 characters of A-Z, a-z, 0-9, _ and -"
_KEY = re.compile(r"[A-Za-z0-9_-]{16,128}")
_SHOWN_CHARACTERS = 40
_LARGEST_JSON = 256 * 1024
"""Bytes; reading more would hold up the event loop for tens of milliseconds."""

_READS = ("GET", "HEAD", "OPTIONS")
# Done twice they leave what once leaves, and they are most of what a training sends: MLflow
# ignores a metric or parameter it has. log-batch is also several transactions.
_FREE_TO_REPEAT = (
    "/mlflow/runs/log-metric",
    "/mlflow/runs/log-parameter",
    "/mlflow/runs/log-batch",
    "/mlflow/runs/set-tag",
)


@dataclass(frozen=True)
class KeyedRequest:
    """A request and its key.

    Attributes:
        key: SHA-256 of the key.
        user: who MLflow will find the sender to be; empty without a login.
        content: SHA-256 of what is asked for.
    """

    key: bytes
    user: str
    content: bytes


def usable(key: str) -> bool:
    """Return whether a key keeps to RULE."""
    return _KEY.fullmatch(key) is not None


def shown(key: str) -> str:
    """Return a key as an error may repeat it."""
    return key if len(key) <= _SHOWN_CHARACTERS else f"{key[:_SHOWN_CHARACTERS]}..."


def is_kept(method: str, path: str) -> bool:
    """Return whether the answer to such a request is kept for its repetition."""
    return (
        method not in _READS
        and "/mlflow/" in path
        and lane(path) is Lane.API
        and not path.endswith(_FREE_TO_REPEAT)
    )


def keyed(  # noqa: PLR0917  (all of them make the request)
    key: str, user: str, method: str, path: str, query: bytes, workspace: str, body: bytes
) -> KeyedRequest:
    """Return what is compared when the key arrives again.

    Args:
        key: as the client sent it.
        user: its login's name.
        method: of HTTP.
        path: without the query.
        query: raw.
        workspace: MLflow's header of that name; empty without one.
        body: raw. JSON of up to 256 KiB is compared by what it says: a client that kept
            its request in a file may write it back with other spaces or another order.
    """
    head = json.dumps([method, path, query.decode("latin-1"), workspace])
    content = hashlib.sha256(head.encode() + b"\0" + _meaning(body)).digest()
    return KeyedRequest(hashlib.sha256(key.encode()).digest(), user, content)


def _meaning(body: bytes) -> bytes:
    if len(body) > _LARGEST_JSON:
        return body
    try:
        return json.dumps(json.loads(body), sort_keys=True, separators=(",", ":")).encode()
    except (ValueError, RecursionError):
        return body
