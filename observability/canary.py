"""What the canary says: every few minutes it registers a model through the front door.

It reports `Succeeded` (1 or 0), `Seconds` of a registration, and `UnavailableSeconds`: how much of the
time since its last run it knows to have gone by without one (docs/adr/0018).
"""

from __future__ import annotations

import math

from observability.alarm import (
    DAY,
    MINUTE,
    SILENCE_HAS_ITS_OWN_ALARM,
    SILENCE_IS_THE_FAULT,
    Alarm,
    Metric,
)
from settings import Settings

NAMESPACE = "MlflowHa"
SUCCEEDED, SECONDS, UNAVAILABLE = "Succeeded", "Seconds", "UnavailableSeconds"
_RUNS_UNTIL_SILENT = 3
_PAGE_AFTER_MINUTES = 3
"""Of the five within which users are promised recovery: two are left to act."""
_SAMPLES_FOR_P99 = 100


def metric(settings: Settings, name: str, statistic: str) -> Metric:
    """Return one of the canary's series."""
    return Metric(
        namespace=NAMESPACE,
        name=name,
        statistic=statistic,
        dimensions={"Environment": settings.environment},
    )


def alarms(settings: Settings, every_minutes: int) -> tuple[Alarm, ...]:
    """Return the alarms on registrations.

    Args:
        settings: Whose promises are kept.
        every_minutes: How often the canary runs.
    """
    promised, every = settings.objectives, every_minutes * MINUTE
    runs = max(1, math.ceil(_PAGE_AFTER_MINUTES / every_minutes))
    return (
        Alarm(
            name="RegistrationsFailing",
            severity="page",
            means=f"No registration has succeeded for {runs * every_minutes} minutes; users are "
            f"promised recovery within {promised.recovery / MINUTE:g}.",
            metrics=(metric(settings, UNAVAILABLE, "Minimum"),),
            period=every,
            periods=runs,
            comparison=">=",
            threshold=every,
            missing=SILENCE_HAS_ITS_OWN_ALARM,
        ),
        Alarm(
            name="RegistrationsSlow",
            severity="ticket",
            means="One of a hundred registrations takes longer than "
            f"{promised.registration_p99:g} s.",
            metrics=(metric(settings, SECONDS, "p99"),),
            period=min(every * _SAMPLES_FOR_P99, DAY),
            periods=1,
            comparison=">",
            threshold=promised.registration_p99,
            missing=SILENCE_HAS_ITS_OWN_ALARM,
        ),
        Alarm(
            name="RegistrationsUnreliable",
            severity="ticket",
            means=f"More than {promised.failed_registrations:.1%} of a day's registrations failed at "
            "the first attempt.",
            metrics=(metric(settings, SUCCEEDED, "Average"),),
            period=DAY,
            periods=1,
            comparison="<",
            threshold=1 - promised.failed_registrations,
            missing=SILENCE_HAS_ITS_OWN_ALARM,
        ),
        Alarm(
            name="CanarySilent",
            severity="ticket",
            means=f"The canary has reported nothing {_RUNS_UNTIL_SILENT} times in a row: whether "
            "registrations work is not known.",
            metrics=(metric(settings, SUCCEEDED, "SampleCount"),),
            period=every,
            periods=_RUNS_UNTIL_SILENT,
            comparison="<",
            threshold=1,
            missing=SILENCE_IS_THE_FAULT,
        ),
    )
