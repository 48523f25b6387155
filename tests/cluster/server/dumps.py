"""Where the tests keep dumps, and manifests written by hand."""

import hashlib
import json
from typing import Any

from tests.cluster.server.simple_storage import BUCKET

DUMPS = f"s3://{BUCKET}/dumps/mlflow"


def manifest_of(name: str, body: bytes, **facts: Any) -> bytes:
    given: dict[str, Any] = {
        "name": name,
        "sha256": hashlib.sha256(body).hexdigest(),
        "size": len(body),
        "server": 15,
        "pg_dump": 15,
        "revisions": {},
        "started": "2026-01-01T00:00:00Z",
        "finished": "2026-01-01T00:00:01Z",
    }
    return json.dumps({**given, **facts}).encode()
