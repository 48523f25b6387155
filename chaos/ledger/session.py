"""HTTP connections to the front door, as the ledger needs them: nothing is resent."""

from __future__ import annotations

import functools
import ssl

import httpx

from chaos.target import FrontDoor

REQUEST_TIMEOUT = 10.0
"""Stock clients wait 120 s. A writer that waits that long in a dead connection measures its own
patience instead of the service; 10 s is longer than any answer of a healthy one."""
CONNECT_TIMEOUT = 3.0


def session_to(door: FrontDoor, timeout: float = REQUEST_TIMEOUT) -> httpx.Client:
    """Return a session of one connection.

    Args:
        door: Where requests go, and as whom.
        timeout: Longest wait for an answer, in seconds.
    """
    return httpx.Client(
        base_url=door.url,
        auth=(door.username, door.password),
        timeout=httpx.Timeout(timeout, connect=min(timeout, CONNECT_TIMEOUT)),
        limits=httpx.Limits(max_connections=1, max_keepalive_connections=1),
        verify=_certificates(),
        trust_env=False,  # a proxy in between would answer for a dead service
    )


@functools.cache
def _certificates() -> ssl.SSLContext:
    """Loaded once: it costs more than all sessions."""
    return ssl.create_default_context()
