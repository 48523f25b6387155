"""From objectives to the error rates at which somebody is told; the same for every monitoring system.

The budget of 30 days is `1 - availability`. An alarm with the factor f fires when errors come f
times as fast as would use it up in just 30 days, over two windows at once.
The Site Reliability Workbook, chapter 5, "Multiwindow, Multi-Burn-Rate Alerts".
"""

from __future__ import annotations

from dataclasses import dataclass

from setting_groups.objectives import BurnRate, Objectives

_HOUR, _DAY = 60, 24 * 60


@dataclass(frozen=True, kw_only=True)
class Burn:
    """One pair of windows and the share of failures, in each, from which it counts."""

    rate: BurnRate
    share: float
    """Of requests that failed, or of time without success; 0 to 1."""

    @property
    def label(self) -> str:
        """The long window as it is said: "1h", "3d"."""
        return spoken(self.rate.long_minutes)

    @property
    def outage_seconds(self) -> float:
        """How long a total outage lasts when the long window's share is reached."""
        return self.share * self.rate.long_minutes * 60


def burns(objectives: Objectives) -> tuple[Burn, ...]:
    """Return the error rates of all burn-rate alarms; the settings have refused any of 1 or more."""
    return tuple(
        Burn(rate=rate, share=rate.factor * (1 - objectives.availability))
        for rate in objectives.burn_rates
    )


def spoken(minutes: int) -> str:
    """Return a duration as people say it: 90 is "90m", 360 is "6h", 4320 is "3d"."""
    if minutes % _DAY == 0:
        return f"{minutes // _DAY}d"
    if minutes % _HOUR == 0:
        return f"{minutes // _HOUR}h"
    return f"{minutes}m"
