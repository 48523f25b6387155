"""What an environment's alarms and its canary say now."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

NAMESPACE, SUCCEEDED, ENVIRONMENT = "MlflowHa", "Succeeded", "Environment"
"""Where the canary reports; a test holds them against the canary's own."""
RUNS = 3
"""As many runs of the canary are looked at: one may be late, CanarySilent rings after three."""
_PAGE = "[page]"
_RINGS = "ALARM"


@dataclass(frozen=True, slots=True)
class Alarm:
    """One alarm.

    Attributes:
        name: As runbooks ask for it, such as "RegistrationsFailing".
        rings: Now.
        urgent: It wakes somebody.
        reason: CloudWatch's own words.
    """

    name: str
    rings: bool
    urgent: bool
    reason: str


class Alarms:
    """Every alarm of one environment."""

    def __init__(self, session: Any, environment: str, canary_seconds: float) -> None:
        self._cloudwatch = session.client("cloudwatch")
        self._environment = environment
        self._prefix = f"mlflow-ha-{environment}-"
        self._canary_seconds = canary_seconds

    def all(self) -> list[Alarm]:
        """All of them, single and composite, by name."""
        pages = self._cloudwatch.get_paginator("describe_alarms").paginate(
            AlarmNamePrefix=self._prefix, AlarmTypes=["MetricAlarm", "CompositeAlarm"]
        )
        return sorted(
            (
                self._alarm(each)
                for page in pages
                for kind in ("MetricAlarms", "CompositeAlarms")
                for each in page.get(kind, [])
            ),
            key=lambda alarm: alarm.name,
        )

    def ringing(self, arns: Iterable[str]) -> list[str]:
        """Of these alarms, the names of those that ring."""
        names = [arn.rpartition(":alarm:")[2] for arn in arns]
        if not names:
            return []
        told = self._cloudwatch.describe_alarms(
            AlarmNames=names, AlarmTypes=["MetricAlarm", "CompositeAlarm"]
        )
        found = [*told.get("MetricAlarms", []), *told.get("CompositeAlarms", [])]
        return sorted(each["AlarmName"] for each in found if each["StateValue"] == _RINGS)

    def canary_obstacle(self) -> str | None:
        """Why registrations are not known to work, or None."""
        until = datetime.now(UTC)
        told = self._cloudwatch.get_metric_statistics(
            Namespace=NAMESPACE,
            MetricName=SUCCEEDED,
            Dimensions=[{"Name": ENVIRONMENT, "Value": self._environment}],
            StartTime=until - timedelta(seconds=RUNS * self._canary_seconds),
            EndTime=until,
            Period=int(self._canary_seconds),
            Statistics=["Minimum"],
        )
        samples = sorted(told["Datapoints"], key=lambda each: each["Timestamp"])
        if not samples:
            minutes = RUNS * self._canary_seconds / 60
            return f"the canary has reported nothing for {minutes:g} minutes"
        return None if samples[-1]["Minimum"] >= 1 else "the canary's last registration failed"

    def _alarm(self, found: dict[str, Any]) -> Alarm:
        return Alarm(
            name=found["AlarmName"].removeprefix(self._prefix),
            rings=found["StateValue"] == _RINGS,
            urgent=found.get("AlarmDescription", "").startswith(_PAGE),
            reason=found.get("StateReason", ""),
        )
