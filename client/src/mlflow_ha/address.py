"""A server's address as it may be shown: without user, password and query."""

from __future__ import annotations

from urllib.parse import urlsplit


def redacted(uri: str) -> str:
    """Return scheme, host, port and path of an address."""
    parts = urlsplit(uri)
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}{parts.path.rstrip('/')}"
