"""How fast the month's error budget is used up: by seconds of outage, and by failed requests."""

from __future__ import annotations

from observability import canary
from observability.alarm import (
    MINUTE,
    ONLY_WHEN_SOMETHING_HAPPENS,
    SILENCE_HAS_ITS_OWN_ALARM,
    Alarm,
    BurnAlarm,
    Metric,
    Place,
)
from observability.slo import Burn, burns, spoken
from settings import Settings

NAME = "AvailabilityBudgetBurn"
_REQUESTS_A_SECOND = 0.5
"""Below, a share of requests says nothing: one user's retries would be an outage."""


def alarms(settings: Settings, every_minutes: int) -> tuple[BurnAlarm, ...]:
    """Return an alarm for each burn rate of the objectives.

    Args:
        settings: Whose promises are kept.
        every_minutes: How often the canary runs: a window has to hold at least one run.
    """
    return tuple(_burn_alarm(settings, burn, every_minutes) for burn in burns(settings.objectives))


def _burn_alarm(settings: Settings, burn: Burn, every_minutes: int) -> BurnAlarm:
    rate = burn.rate
    windows = (("long", rate.long_minutes), ("short", max(rate.short_minutes, every_minutes)))
    seconds = [
        _seconds(settings, burn, which, minutes, every_minutes) for which, minutes in windows
    ]
    requests = [_requests(burn, which, minutes) for which, minutes in windows]
    return BurnAlarm(
        name=f"{NAME}-{burn.label}",
        severity=rate.severity,
        means=f"Failures use up the error budget of {1 - settings.objectives.availability:.2%} at "
        f"{rate.factor:.3g} times the rate that lasts a month: {rate.budget:.0%} of it went in the "
        f"last {burn.label}.",
        pairs=((seconds[0], seconds[1]), (requests[0], requests[1])),
    )


def _seconds(settings: Settings, burn: Burn, which: str, minutes: int, every_minutes: int) -> Alarm:
    return Alarm(
        name=f"{NAME}-{burn.label}-canary-{which}",
        severity=burn.rate.severity,
        means=f"{burn.share:.2%} of the last {spoken(minutes)} went by without a registration.",
        metrics=(canary.metric(settings, canary.UNAVAILABLE, "Average"),),
        period=minutes * MINUTE,
        periods=1,
        comparison=">",
        threshold=burn.share * every_minutes * MINUTE,
        missing=SILENCE_HAS_ITS_OWN_ALARM,
    )


def _requests(burn: Burn, which: str, minutes: int) -> Alarm:
    enough = f"{_REQUESTS_A_SECOND * minutes * MINUTE:g}"
    asked = "(FILL(m2, 0) + FILL(m3, 0))"
    return Alarm(
        name=f"{NAME}-{burn.label}-requests-{which}",
        severity=burn.rate.severity,
        means=f"{burn.share:.2%} of the requests of the last {spoken(minutes)} failed.",
        metrics=(
            _counted("HTTPCode_Target_5XX_Count"),
            _counted("HTTPCode_ELB_5XX_Count"),
            _counted("RequestCount"),
        ),
        # The balancer's own errors are not among the requests that reached a task.
        expression=f"IF({asked} > {enough}, (FILL(m1, 0) + FILL(m2, 0)) / {asked}, 0)",
        period=minutes * MINUTE,
        periods=1,
        comparison=">",
        threshold=burn.share,
        missing=ONLY_WHEN_SOMETHING_HAPPENS,
    )


def _counted(name: str) -> Metric:
    return Metric(
        namespace="AWS/ApplicationELB",
        name=name,
        statistic="Sum",
        dimensions={"LoadBalancer": Place.LOAD_BALANCER},
    )
