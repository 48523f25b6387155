"""The alarm that takes a deployment back.

It stands apart from the others, because it has to be there before the service that it guards.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pulumi
from pulumi import Input, Output, ResourceOptions

from components.metric_alarm import Receivers, metric_alarm
from observability import deployment
from observability.alarm import Place


@dataclass(frozen=True, kw_only=True)
class DeploymentAlarmArgs:
    """Where answers are counted, and who is told.

    Attributes:
        places: What the stack calls the load balancer and its target group.
        receivers: Who is told.
    """

    places: Mapping[Place, Sequence[Input[str]]]
    receivers: Receivers


class DeploymentAlarm(pulumi.ComponentResource):
    """One alarm, on answers that the tasks themselves failed."""

    alarm_name: Output[str]

    def __init__(
        self, name: str, args: DeploymentAlarmArgs, opts: ResourceOptions | None = None
    ) -> None:
        super().__init__("mlflow-ha:aws:DeploymentAlarm", name, None, opts)
        self.alarm_name = metric_alarm(
            name, deployment.ALARM, args.places, args.receivers, opts=ResourceOptions(parent=self)
        ).name
        self.register_outputs({"alarm_name": self.alarm_name})
