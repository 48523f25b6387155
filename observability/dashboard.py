"""One dashboard: every metric that an alarm looks at, with the alarm's threshold in it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from observability.alarm import Alarm
from observability.catalogue import Catalogue
from observability.cloudwatch import Known, expression, terms

_WIDTH, _HEIGHT, _COLUMNS = 8, 6, 3
_TITLES = {
    "Registrations": "Registrations, as the canary sees them",
    "Canary": "Registrations, as the canary sees them",
    "Targets": "The front door and the fleet",
    "Fleet": "The front door and the fleet",
    "Certificate": "The front door and the fleet",
    "Nat": "The front door and the fleet",
    "Database": "The database",
    "Replica": "The database",
    "Proxy": "The database",
    "Transaction": "The database",
}
_OTHERS = "Copies and backups"


def body(catalogue: Catalogue, known: Known, *, region: str) -> str:
    """Return the dashboard as CloudWatch takes it, in JSON.

    https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/CloudWatch-Dashboard-Body-Structure.html
    """
    return json.dumps({"widgets": list(_widgets(catalogue, known, region))})


def _widgets(catalogue: Catalogue, known: Known, region: str) -> Iterator[dict[str, Any]]:
    sections: dict[str, list[Alarm]] = {}
    for alarm in catalogue.alarms:
        sections.setdefault(_title(alarm), []).append(alarm)
    y = 0
    for title, alarms in sections.items():
        yield {
            "type": "text",
            "x": 0,
            "y": y,
            "width": _WIDTH * _COLUMNS,
            "height": 1,
            "properties": {"markdown": f"## {title}"},
        }
        y += 1
        for number, alarm in enumerate(alarms):
            row, column = divmod(number, _COLUMNS)
            yield {
                "type": "metric",
                "x": column * _WIDTH,
                "y": y + row * _HEIGHT,
                "width": _WIDTH,
                "height": _HEIGHT,
                "properties": _graph(alarm, known, region),
            }
        y += -(-len(alarms) // _COLUMNS) * _HEIGHT


def _title(alarm: Alarm) -> str:
    found = [title for start, title in _TITLES.items() if alarm.name.startswith(start)]
    return found[0] if found and not alarm.name.startswith("Replication") else _OTHERS


def _graph(alarm: Alarm, known: Known, region: str) -> dict[str, Any]:
    combined = expression(alarm)
    series: list[list[Any]] = []
    for term in terms(alarm, known):
        pairs = [part for pair in term.dimensions.items() for part in pair]
        drawn = {
            "id": term.id,
            "stat": term.metric.statistic,
            "period": alarm.period,
            "visible": combined is None or alarm.worst is not None,
        }
        series.append([term.metric.namespace, term.metric.name, *pairs, drawn])
    if combined and not alarm.worst:
        series.append([{"expression": combined, "id": "e1", "label": alarm.name}])
    line = {"label": f"{alarm.severity}: {alarm.name}", "value": alarm.threshold}
    return {
        "title": alarm.name,
        "region": region,
        "view": "timeSeries",
        "metrics": series,
        "annotations": {"horizontal": [line]},
    }
