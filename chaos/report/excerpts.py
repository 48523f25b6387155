"""What the servers logged about the requests that a page tells of."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Protocol, runtime_checkable

from chaos.ledger.operation import Operation

MOST_REQUESTS = 15
MOST_LINES = 8
"""For one request: a balancer, an instance and a pooler say a line or two each."""
_MARGIN = timedelta(minutes=1)
"""Clocks of servers and drills differ a little."""


@runtime_checkable
class KeepsLogs(Protocol):
    """A target whose servers' logs can be read."""

    def log_lines(self, request_ids: Sequence[str], since: datetime) -> Mapping[str, Sequence[str]]:
        """What was logged since then about each of these requests, by its id."""
        ...


def excerpts(target: object, operations: Sequence[Operation]) -> Mapping[str, Sequence[str]]:
    """Return log lines of the first requests that were answered and not acknowledged.

    Args:
        target: Read if it keeps logs, else there are no lines.
        operations: Everything that clients did.
    """
    refused = sorted(
        (each for each in operations if each.request_id and not each.acknowledged),
        key=lambda each: each.completed,
    )
    ids = [str(each.request_id) for each in refused[:MOST_REQUESTS]]
    if not ids or not isinstance(target, KeepsLogs):
        return {}
    since = datetime.fromtimestamp(min(each.at for each in refused), UTC) - _MARGIN
    return target.log_lines(ids, since)


def lines_in(files: Iterable[Path], request_ids: Sequence[str]) -> dict[str, list[str]]:
    """Return the lines of log files that name a request, by its id, each behind its file's name.

    Args:
        files: Called HOST/log/SERVICE.log.
        request_ids: What to look for.
    """
    found: dict[str, list[str]] = {}
    if not request_ids:
        return found
    wanted = re.compile("|".join(map(re.escape, request_ids)))
    for path in sorted(files):
        with path.open(encoding="utf-8", errors="replace") as log:
            for line in log:
                if match := wanted.search(line):
                    lines = found.setdefault(match.group(), [])
                    if len(lines) < MOST_LINES:
                        lines.append(f"{path.parent.parent.name} {path.stem}: {line.rstrip()}")
    return found
