"""Text that others wrote, made harmless in a comment."""

from __future__ import annotations

import re

LONGEST = 160
_UNPRINTABLE = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]+")


def code(text: str) -> str:
    """Return text as a code span, in which neither links, mentions nor HTML mean anything.

    Backticks and pipes are replaced, since one would end the span and the other a table's cell.
    """
    flat = _UNPRINTABLE.sub(" ", text).replace("`", "'").replace("|", "¦").strip()
    short = flat if len(flat) <= LONGEST else flat[: LONGEST - 1] + "…"
    return f"`{short or '?'}`"


def bounded(text: str, limit: int, note: str) -> str:
    """Cut text after a whole line, so that with a note it has at most `limit` bytes of UTF-8."""
    if len(text.encode()) <= limit:
        return text
    room = limit - len(note.encode())
    kept = text.encode()[:room].decode(errors="ignore")
    return kept[: kept.rfind("\n") + 1] + note
