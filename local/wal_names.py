"""Names of WAL segments, and whether a set of them is all that a restore needs: pure."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping

SEGMENT_BYTES = 16 << 20
"""PostgreSQL's own size, which the cluster leaves as it is."""
SEGMENTS_PER_LOG = (1 << 32) // SEGMENT_BYTES
HISTORY = re.compile(r"^([0-9A-F]{8})\.history$")
SWITCH = re.compile(r"^(\d+)\s+([0-9A-F]+)/([0-9A-F]+)", re.MULTILINE)
"""A line of a timeline's history: a parent, and the position at which it was left."""


def name_of(timeline: int, position: int) -> str:
    """Return the name of a segment.

    Args:
        timeline: As PostgreSQL counts promotions.
        position: How many segments lie before it.
    """
    log, segment = divmod(position, SEGMENTS_PER_LOG)
    return f"{timeline:08X}{log:08X}{segment:08X}"


def position_of(name: str) -> int:
    """How many segments lie before the one with this name, whatever its timeline."""
    return int(name[8:16], 16) * SEGMENTS_PER_LOG + int(name[16:24], 16)


def gaps(
    names: Collection[str], histories: Mapping[int, str], *, first: str, last: str
) -> list[str]:
    """What a restore from one segment to another would miss.

    Args:
        names: Of all archived files, without a compression's ending.
        histories: The text of each archived timeline's history.
        first: The segment with which the restore would begin.
        last: The segment with which it would end; its timeline is the one that is restored.
    """
    timeline = int(last[:8], 16)
    if timeline > 1 and timeline not in histories:
        return [f"{timeline:08X}.history"]
    switches = _switches(histories.get(timeline, ""))
    needed = [
        name_of(_timeline_at(position, switches, timeline), position)
        for position in range(position_of(first), position_of(last) + 1)
    ]
    return [name for name in needed if name not in names]


def _switches(history: str) -> list[tuple[int, int]]:
    """Parents, the oldest first, each with the position of the segment in which it was left."""
    return [
        (int(timeline), ((int(high, 16) << 32) + int(low, 16)) // SEGMENT_BYTES)
        for timeline, high, low in SWITCH.findall(history)
    ]


def _timeline_at(position: int, switches: list[tuple[int, int]], restored: int) -> int:
    """Who holds a segment: a promoted node begins with a copy of the one its parent was left in."""
    return next((timeline for timeline, left in switches if position < left), restored)
