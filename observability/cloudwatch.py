"""Alarms in CloudWatch's words: terms of metric math, and a dashboard's widgets."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from observability.alarm import Alarm, Metric, Place

Known = Mapping[Place, Sequence[str]]
"""What the stack calls each place."""


@dataclass(frozen=True, kw_only=True)
class Term:
    """One series of an alarm; they are called m1, m2 and so on."""

    id: str
    metric: Metric
    dimensions: Mapping[str, str]


def terms(alarm: Alarm, known: Known) -> tuple[Term, ...]:
    """Return the series that an alarm looks at, one for each name a place stands for.

    Raises:
        ValueError: The stack did not name a place.
    """
    series = [
        (metric, filled) for metric in alarm.metrics for filled in _filled(alarm, metric, known)
    ]
    return tuple(
        Term(id=f"m{number}", metric=metric, dimensions=filled)
        for number, (metric, filled) in enumerate(series, 1)
    )


def _filled(alarm: Alarm, metric: Metric, known: Known) -> list[dict[str, str]]:
    found: list[dict[str, str]] = [{}]
    for key, value in metric.dimensions.items():
        names = [value] if not isinstance(value, Place) else known.get(value)
        if not names:
            raise ValueError(
                f"{alarm.name} watches the {value}, which the stack did not name. Pass "
                f"Place.{getattr(value, 'name', value)}, or leave out of the settings what needs it"
            )
        found = [{**each, key: name} for each in found for name in names]
    return found


def expression(alarm: Alarm) -> str | None:
    """Return how an alarm's series become one value; None where there is only one."""
    return f"{alarm.worst}(METRICS())" if alarm.worst else alarm.expression
