"""The alarm that takes a deployment back: answers that the tasks themselves failed."""

from __future__ import annotations

from observability.alarm import ONLY_WHEN_SOMETHING_HAPPENS, Alarm, Metric, Place

_SHARE = 0.05
_ENOUGH = 10
"""Requests a minute, below which one failure would be a share."""


def _counted(name: str) -> Metric:
    return Metric(
        namespace="AWS/ApplicationELB",
        name=name,
        statistic="Sum",
        dimensions={"LoadBalancer": Place.LOAD_BALANCER, "TargetGroup": Place.TARGET_GROUP},
    )


ALARM = Alarm(
    name="DeploymentFailing",
    severity="ticket",
    means=f"More than {_SHARE:.0%} of the tasks' answers are errors; a deployment in progress is "
    "taken back.",
    metrics=(_counted("HTTPCode_Target_5XX_Count"), _counted("RequestCount")),
    expression=f"IF(FILL(m2, 0) > {_ENOUGH}, FILL(m1, 0) / m2, 0)",
    periods=2,
    comparison=">",
    threshold=_SHARE,
    missing=ONLY_WHEN_SOMETHING_HAPPENS,
)
