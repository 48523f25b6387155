"""A dump of the database into the replicated bucket: the way out of a region that backups lack."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import pulumi
from pulumi import Input, Output, ResourceOptions
from pulumi_aws import cloudwatch, ecs, iam, scheduler, sqs

from components.artifact_store import DUMPS_PREFIX
from components.container import (
    SCRATCH,
    Container,
    container_definitions,
    secret_key,
    server_variable,
)
from components.dump_events import DumpEvents, DumpEventsArgs
from components.execution_role import ExecutionRole, ExecutionRoleArgs
from components.iam import allow, assumed_by, document
from components.tags import named
from components.writer_address import writer_address

COMMAND = "dump"
_DATABASE = "mlflow"
_CPU, _MEMORY_MIB = 512, 1024
_MINUTE = 17
"""Of the hour: not when everybody's schedules start."""
_STOP_SECONDS = 120
_QUEUE_SECONDS = 14 * 24 * 3600
_RETRIES, _RETRY_SECONDS = 10, 1800


@dataclass(frozen=True, kw_only=True)
class LogicalDumpArgs:
    """What is dumped, how often, and where to.

    Attributes:
        environment: Names the family of tasks.
        every_hours: From one dump to the next: what the loss of the region can cost.
        image: By digest.
        cluster_arn: ECS cluster in which the tasks run.
        subnet_ids: Private ones, with a way to ECR, CloudWatch, Secrets Manager and S3.
        security_group_id: Admitted by the database.
        writer_endpoint: Host name of the database's writer.
        owner_secret_arn: JSON with username and password of the schema's owner.
        secrets_key_arn: The key it is encrypted with.
        bucket_name: Gets the dumps, under DUMPS_PREFIX.
        bucket_arn: The same.
        bucket_key_arn: Encrypts its objects.
        log_key_arn: Encrypts the logs; its policy admits "logs".
        log_days: How long they are kept.
        account_id: The account.
        region: Where all this is.
        tags: On everything that can have them.
    """

    environment: str
    every_hours: int
    image: str
    cluster_arn: Input[str]
    subnet_ids: Sequence[Input[str]]
    security_group_id: Input[str]
    writer_endpoint: Input[str]
    owner_secret_arn: Input[str]
    secrets_key_arn: Input[str]
    bucket_name: Input[str]
    bucket_arn: Input[str]
    bucket_key_arn: Input[str]
    log_key_arn: Input[str]
    log_days: int
    account_id: Input[str]
    region: str
    tags: dict[str, str]


class LogicalDump(pulumi.ComponentResource):
    """A task that is started by the clock, and a queue of those that could not be."""

    events: DumpEvents
    queue_name: Output[str]

    def __init__(
        self, name: str, args: LogicalDumpArgs, opts: ResourceOptions | None = None
    ) -> None:
        super().__init__("mlflow-ha:aws:LogicalDump", name, None, opts)
        self._name, self._args = name, args
        self._child = ResourceOptions(parent=self)
        self._family = f"mlflow-ha-{args.environment}-{COMMAND}"
        self._log = cloudwatch.LogGroup(
            name,
            kms_key_id=args.log_key_arn,
            retention_in_days=args.log_days,
            tags=named(args.tags, name),
            opts=self._child,
        )
        start, run = self._starting_role(), self._running_role()
        task = self._task(start.arn, run.arn)
        queue = sqs.Queue(
            name,
            message_retention_seconds=_QUEUE_SECONDS,
            # What was to be started, and no data: SQS's own key will do, and Scheduler may use it.
            sqs_managed_sse_enabled=True,
            tags=named(args.tags, name),
            opts=self._child,
        )
        self.queue_name = queue.name
        self._schedule(task, queue, [start.arn, run.arn])
        self.events = DumpEvents(
            name,
            DumpEventsArgs(
                environment=args.environment,
                cluster_arn=args.cluster_arn,
                family=self._family,
                log_key_arn=args.log_key_arn,
                log_days=args.log_days,
                tags=args.tags,
            ),
            self._child,
        )
        self.register_outputs({"queue_name": queue.name})

    def _starting_role(self) -> ExecutionRole:
        args = self._args
        return ExecutionRole(
            f"{self._name}-start",
            ExecutionRoleArgs(
                image=args.image,
                secret_arns=[args.owner_secret_arn],
                secrets_key_arn=args.secrets_key_arn,
                log_group_arn=self._log.arn,
                account_id=args.account_id,
                region=args.region,
                tags=args.tags,
            ),
            self._child,
        )

    def _running_role(self) -> iam.Role:
        args, name = self._args, f"{self._name}-run"
        ours = Output.concat("arn:aws:ecs:", args.region, ":", args.account_id, ":*")
        role = iam.Role(
            name,
            assume_role_policy=assumed_by(
                "ecs-tasks.amazonaws.com",
                conditions={
                    "StringEquals": {"aws:SourceAccount": args.account_id},
                    "ArnLike": {"aws:SourceArn": ours},
                },
            ),
            tags=named(args.tags, name),
            opts=self._child,
        )
        iam.RolePolicy(
            name,
            role=role.name,
            policy=document(
                allow(
                    ["s3:PutObject", "s3:AbortMultipartUpload"],
                    [Output.concat(args.bucket_arn, f"/{DUMPS_PREFIX}/*")],
                ),
                allow(
                    ["kms:GenerateDataKey", "kms:Decrypt"],
                    [args.bucket_key_arn],
                    conditions={
                        "StringEquals": {"kms:ViaService": f"s3.{args.region}.amazonaws.com"}
                    },
                ),
            ),
            opts=self._child,
        )
        return role

    def _task(self, start_arn: Input[str], run_arn: Input[str]) -> ecs.TaskDefinition:
        args = self._args
        container = Container(
            name=COMMAND,
            image=args.image,
            command=(COMMAND,),
            environment={
                "AWS_DEFAULT_REGION": args.region,
                server_variable("dumps"): Output.concat(
                    "s3://", args.bucket_name, f"/{DUMPS_PREFIX}"
                ),
                server_variable("owner_database_uri"): writer_address(
                    args.writer_endpoint, _DATABASE
                ),
            },
            secrets={
                "PGUSER": secret_key(args.owner_secret_arn, "username"),
                "PGPASSWORD": secret_key(args.owner_secret_arn, "password"),
            },
            log_group=self._log.name,
            region=args.region,
            stop_timeout=_STOP_SECONDS,
        )
        return ecs.TaskDefinition(
            self._name,
            family=self._family,
            requires_compatibilities=["FARGATE"],
            network_mode="awsvpc",
            cpu=str(_CPU),
            memory=str(_MEMORY_MIB),
            runtime_platform=ecs.TaskDefinitionRuntimePlatformArgs(
                cpu_architecture="ARM64", operating_system_family="LINUX"
            ),
            execution_role_arn=start_arn,
            task_role_arn=run_arn,
            volumes=[SCRATCH],
            container_definitions=container_definitions(container),
            tags=named(args.tags, self._name),
            opts=self._child,
        )

    def _schedule(
        self, task: ecs.TaskDefinition, queue: sqs.Queue, role_arns: Sequence[Input[str]]
    ) -> None:
        args, name = self._args, f"{self._name}-schedule"
        role = iam.Role(
            name,
            assume_role_policy=assumed_by(
                "scheduler.amazonaws.com",
                conditions={"StringEquals": {"aws:SourceAccount": args.account_id}},
            ),
            tags=named(args.tags, name),
            opts=self._child,
        )
        tasks = Output.concat("arn:aws:ecs:", args.region, ":", args.account_id, ":task/*")
        permitted = iam.RolePolicy(
            name,
            role=role.name,
            policy=document(
                allow(
                    ["ecs:RunTask"],
                    [task.arn],
                    conditions={"ArnEquals": {"ecs:cluster": args.cluster_arn}},
                ),
                allow(
                    ["ecs:TagResource"],
                    [tasks],
                    conditions={"StringEquals": {"ecs:CreateAction": "RunTask"}},
                ),
                allow(
                    ["iam:PassRole"],
                    role_arns,
                    conditions={"StringEquals": {"iam:PassedToService": "ecs-tasks.amazonaws.com"}},
                ),
                allow(["sqs:SendMessage"], [queue.arn]),
            ),
            opts=self._child,
        )
        network = scheduler.ScheduleTargetEcsParametersNetworkConfigurationArgs(
            subnets=list(args.subnet_ids), security_groups=[args.security_group_id]
        )
        scheduler.Schedule(
            self._name,
            schedule_expression=every(args.every_hours),
            flexible_time_window=scheduler.ScheduleFlexibleTimeWindowArgs(mode="OFF"),
            target=scheduler.ScheduleTargetArgs(
                arn=args.cluster_arn,
                role_arn=role.arn,
                ecs_parameters=scheduler.ScheduleTargetEcsParametersArgs(
                    task_definition_arn=task.arn,
                    launch_type="FARGATE",
                    network_configuration=network,
                    propagate_tags="TASK_DEFINITION",
                ),
                retry_policy=scheduler.ScheduleTargetRetryPolicyArgs(
                    maximum_retry_attempts=_RETRIES, maximum_event_age_in_seconds=_RETRY_SECONDS
                ),
                dead_letter_config=scheduler.ScheduleTargetDeadLetterConfigArgs(arn=queue.arn),
            ),
            opts=ResourceOptions(parent=self, depends_on=[permitted]),
        )


def every(hours: int) -> str:
    """Return a schedule that is the same every day, as EventBridge spells it."""
    chosen = ",".join(str(hour) for hour in range(0, 24, hours))
    return f"cron({_MINUTE} {chosen} * * ? *)"
