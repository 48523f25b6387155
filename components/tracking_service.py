"""The MLflow fleet: so many tasks, spread over the zones, replaced without a gap."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pulumi
from pulumi import CustomTimeouts, Input, Output, ResourceOptions
from pulumi_aws import ecs

from components.autoscaling import Autoscaling, AutoscalingArgs
from components.server_environment import PORT
from components.tags import named
from components.task_definition import CONTAINER, TaskDefinition, TaskDefinitionArgs

LONGEST_DEPLOYMENT = "40m"
"""Until an update that neither settles nor rolls back is given up: the largest fleet, one surge at
a time, each with its start and its drain."""


@dataclass(frozen=True, kw_only=True)
class TrackingServiceArgs:
    """Args of `TrackingService`.

    Args:
        task: What each task is.
        cluster_arn: The cluster that they run in.
        cluster_name: The same, by name.
        subnet_ids: The private subnet of each zone, by zone.
        security_group_id: Admits the load balancer, and reaches the database's proxy.
        target_group_arn: Where tasks register, once a listener forwards to it.
        target_group_suffix: End of that ARN, `targetgroup/NAME/ID`.
        load_balancer_suffix: End of the load balancer's ARN, `app/NAME/ID`.
        migrated: Known once the schema is the image's: no task of it starts before.
        rollback_alarms: Names of alarms of which one that goes off ends a deployment and brings
            the one before back.
        tags: For every resource.
    """

    task: TaskDefinitionArgs
    cluster_arn: Input[str]
    cluster_name: Input[str]
    subnet_ids: Mapping[str, Input[str]]
    security_group_id: Input[str]
    target_group_arn: Input[str]
    target_group_suffix: Input[str]
    load_balancer_suffix: Input[str]
    migrated: Input[str]
    rollback_alarms: Sequence[Input[str]]
    tags: dict[str, str]


class TrackingService(pulumi.ComponentResource):
    """An ECS service whose update ends when the new tasks serve, or fails and is rolled back."""

    service_name: Output[str]
    log_group_name: Output[str]

    def __init__(
        self, name: str, args: TrackingServiceArgs, opts: ResourceOptions | None = None
    ) -> None:
        super().__init__("mlflow-ha:aws:TrackingService", name, None, opts)
        task = TaskDefinition(f"{name}-task", args.task, ResourceOptions(parent=self))
        service = self._service(name, args, task)
        Autoscaling(
            f"{name}-size",
            AutoscalingArgs(
                cluster_name=args.cluster_name,
                service_name=service.name,
                load_balancer_suffix=args.load_balancer_suffix,
                target_group_suffix=args.target_group_suffix,
                minimum=args.task.tracking.instances,
                maximum=args.task.tracking.most_instances,
                cpu_percent=round(100 * args.task.service.cpu_target),
                requests_per_target=args.task.service.requests_per_instance,
                tags=args.tags,
            ),
            ResourceOptions(parent=self),
        )
        self.service_name = service.name
        self.log_group_name = task.log_group_name
        self.register_outputs(
            {"service_name": self.service_name, "log_group_name": self.log_group_name}
        )

    def _service(self, name: str, args: TrackingServiceArgs, task: TaskDefinition) -> ecs.Service:
        tracking = args.task.tracking
        migrated_task = Output.all(task.arn, args.migrated).apply(lambda known: str(known[0]))
        return ecs.Service(
            name,
            cluster=args.cluster_arn,
            task_definition=migrated_task,
            launch_type="FARGATE",
            desired_count=tracking.instances,
            deployment_minimum_healthy_percent=100,
            deployment_maximum_percent=tracking.deployment_percent,
            deployment_circuit_breaker=ecs.ServiceDeploymentCircuitBreakerArgs(
                enable=True, rollback=True
            ),
            alarms=ecs.ServiceAlarmsArgs(
                alarm_names=args.rollback_alarms, enable=True, rollback=True
            ),
            availability_zone_rebalancing="ENABLED",
            health_check_grace_period_seconds=args.task.service.start_limit,
            network_configuration=ecs.ServiceNetworkConfigurationArgs(
                subnets=list(args.subnet_ids.values()),
                security_groups=[args.security_group_id],
                assign_public_ip=False,
            ),
            load_balancers=[
                ecs.ServiceLoadBalancerArgs(
                    container_name=CONTAINER,
                    container_port=PORT,
                    target_group_arn=args.target_group_arn,
                )
            ],
            enable_ecs_managed_tags=True,
            # A shell needs a writable root file system, which no task here has.
            enable_execute_command=False,
            propagate_tags="SERVICE",
            wait_for_steady_state=True,
            tags=named(args.tags, name),
            opts=ResourceOptions(
                parent=self,
                ignore_changes=["desiredCount"],  # autoscaling's, once the service exists
                custom_timeouts=CustomTimeouts(
                    create=LONGEST_DEPLOYMENT, update=LONGEST_DEPLOYMENT
                ),
            ),
        )
