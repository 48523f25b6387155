"""One clock per drill: monotonic for judging, tied to the wall clock for people."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from datetime import UTC, datetime


@dataclass(frozen=True, slots=True)
class Clock:
    """Reads the monotonic clock and tells what the wall clock showed then.

    Both are read once, at the start: if a drill steps this machine's wall clock, the timeline
    stays straight.
    """

    monotonic: float = field(default_factory=time.monotonic)
    wall: float = field(default_factory=time.time)

    def now(self) -> float:
        return time.monotonic()

    def wall_at(self, instant: float) -> float:
        """Seconds since the epoch at a monotonic `instant`."""
        return self.wall + instant - self.monotonic

    def iso_at(self, instant: float) -> str:
        """UTC with milliseconds, such as 2025-11-21T10:12:13.123Z."""
        moment = datetime.fromtimestamp(self.wall_at(instant), UTC)
        return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")
