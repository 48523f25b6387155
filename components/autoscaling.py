"""How many tasks run: between two bounds, by processor and by requests."""

from dataclasses import dataclass

import pulumi
from pulumi import Input, Output, ResourceOptions
from pulumi_aws import appautoscaling

SCALE_OUT_SECONDS = 60
"""Before the next step up: about what a task needs to start and be counted."""

SCALE_IN_SECONDS = 300
"""Before the next step down: a task taken away too early has to be started again."""


@dataclass(frozen=True, kw_only=True)
class AutoscalingArgs:
    """Args of `Autoscaling`.

    Args:
        cluster_name: The service's cluster.
        service_name: The service whose task count moves.
        load_balancer_suffix: End of the load balancer's ARN, `app/NAME/ID`.
        target_group_suffix: End of the target group's ARN, `targetgroup/NAME/ID`.
        minimum: Fewest tasks.
        maximum: Most tasks.
        cpu_percent: Average use of the processors that is aimed at.
        requests_per_target: Requests per task and minute that are aimed at.
        tags: For every resource.
    """

    cluster_name: Input[str]
    service_name: Input[str]
    load_balancer_suffix: Input[str]
    target_group_suffix: Input[str]
    minimum: int
    maximum: int
    cpu_percent: int
    requests_per_target: int
    tags: dict[str, str]


class Autoscaling(pulumi.ComponentResource):
    """Two target-tracking policies on one service: either adds tasks, both must agree to remove."""

    def __init__(
        self, name: str, args: AutoscalingArgs, opts: ResourceOptions | None = None
    ) -> None:
        super().__init__("mlflow-ha:aws:Autoscaling", name, None, opts)
        self._target = appautoscaling.Target(
            name,
            service_namespace="ecs",
            scalable_dimension="ecs:service:DesiredCount",
            resource_id=Output.concat("service/", args.cluster_name, "/", args.service_name),
            min_capacity=args.minimum,
            max_capacity=args.maximum,
            tags=args.tags,
            opts=ResourceOptions(parent=self),
        )
        self._follow(f"{name}-cpu", args.cpu_percent, "ECSServiceAverageCPUUtilization")
        self._follow(
            f"{name}-requests",
            args.requests_per_target,
            "ALBRequestCountPerTarget",
            Output.concat(args.load_balancer_suffix, "/", args.target_group_suffix),
        )
        self.register_outputs({})

    def _follow(
        self, name: str, value: int, metric: str, resource_label: Output[str] | None = None
    ) -> None:
        appautoscaling.Policy(
            name,
            policy_type="TargetTrackingScaling",
            service_namespace=self._target.service_namespace,
            scalable_dimension=self._target.scalable_dimension,
            resource_id=self._target.resource_id,
            target_tracking_scaling_policy_configuration=(
                appautoscaling.PolicyTargetTrackingScalingPolicyConfigurationArgs(
                    target_value=value,
                    predefined_metric_specification=appautoscaling.PolicyTargetTrackingScalingPolicyConfigurationPredefinedMetricSpecificationArgs(
                        predefined_metric_type=metric,
                        resource_label=resource_label,
                    ),
                    scale_out_cooldown=SCALE_OUT_SECONDS,
                    scale_in_cooldown=SCALE_IN_SECONDS,
                )
            ),
            opts=ResourceOptions(parent=self),
        )
