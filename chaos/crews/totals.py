"""The figures of one kind of client over several drills. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

COUNTS = ("attempted", "acknowledged", "failed", "in_doubt", "lost", "duplicated")
ERRORS = ("failed", "in_doubt", "lost", "duplicated")


def total(crews: Iterable[Mapping[str, Any]]) -> dict[str, int | None]:
    """Sum up what results say of a crew.

    Args:
        crews: As `CrewBooks.to_json` tells each of them.

    Returns:
        Each count and all errors together; None as soon as one was not read back.
    """
    told = list(crews)
    found: dict[str, int | None] = {key: sum_known(crew[key] for crew in told) for key in COUNTS}
    found["errors"] = sum_known(found[key] for key in ERRORS)
    return found


def sum_known(counts: Iterable[int | None]) -> int | None:
    """Their sum; None if one of them is not known."""
    result = 0
    for count in counts:
        if count is None:
            return None
        result += count
    return result
