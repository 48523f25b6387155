"""A version registered while the server is away says that it waits, and becomes the server's."""

import json
import time

from tests.cluster.client.conftest import Reached
from tests.cluster.client.environment import Ready
from tests.cluster.client.working import PROMPT


def test_a_version_registered_offline_is_pending_and_then_resolved(
    ready: Ready, server: Reached, spool: dict[str, str]
) -> None:
    with server.door.closed():
        script = ready.start("registering", "pending", **PROMPT, **server.variables, **spool)
        until = time.monotonic() + 60
        while "unresolved" not in script.printed:
            assert script.code is None, script.output
            assert time.monotonic() < until, script.output
            time.sleep(0.1)
    lines = [json.loads(line) for line in script.succeeded().splitlines()]
    pending, refused, unresolved, resolved, again = lines
    assert int(pending["version"]) >= 2_000_000_000
    assert "waits in the spool" in pending["says"]
    # Who waits for it is not kept waiting, and nothing pretends that there is a number.
    assert pending["seconds"] < 2
    assert "still waits in the spool" in refused["error"]
    assert unresolved["queued"] > 0
    assert resolved == {"version": "1", "tags": {"a": "b"}}
    assert again == resolved
    (version,) = server.contents.versions("pending")
    assert version["version"] == "1"
    assert server.contents.aliases("pending") == {"champion": "1"}
