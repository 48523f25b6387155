"""What the tasks of a stack logged about single requests."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

MOST_EVENTS = 200
_MILLISECONDS = 1000


class TaskLogs:
    """The log group that a task definition names."""

    def __init__(self, session: Any, group: str) -> None:
        self._logs = session.client("logs")
        self._group = group

    def lines(self, request_ids: Sequence[str], since: datetime) -> dict[str, list[str]]:
        """Return what was logged, by request id.

        Args:
            request_ids: As the answers' X-Request-ID said them.
            since: Nothing older is looked at.
        """
        if not request_ids:
            return {}
        told = self._logs.filter_log_events(
            logGroupName=self._group,
            startTime=int(since.timestamp() * _MILLISECONDS),
            filterPattern=" ".join(f'?"{each}"' for each in request_ids),
            limit=MOST_EVENTS,
        )
        texts = [str(event["message"]).rstrip() for event in told["events"]]
        return {each: found for each in request_ids if (found := [t for t in texts if each in t])}
