"""What one MLflow task is: its container, its size, its roles and its log."""

from dataclasses import dataclass

import pulumi
from pulumi import Input, Output, ResourceOptions
from pulumi_aws import cloudwatch, ecs

from components.container import (
    SCRATCH,
    Container,
    HealthCheck,
    container_definitions,
    secret_key,
    server_variable,
)
from components.execution_role import ExecutionRole, ExecutionRoleArgs
from components.server_environment import ARTIFACT_PREFIX, PORT, server_environment
from components.tags import named
from components.task_role import TaskRole, TaskRoleArgs
from setting_groups.aws.front_door import FrontDoor
from setting_groups.aws.service import Service
from setting_groups.tracking import Tracking

CONTAINER = "mlflow"
"""The container's name, which the service's load balancer entry repeats."""

LIVE_INTERVAL, LIVE_TIMEOUT, LIVE_RETRIES = 15, 5, 3
"""Seconds, seconds, times: a hung process is replaced within a minute. The load balancer, which
asks `/ready` more often, has stopped sending it requests long before."""

RESTART_AFTER = 60
"""Seconds a container has to have run for ECS to start it again in its task when it crashes, the
least it accepts: quicker than a new task by the fetching of the image."""

_ASK_LIVE = (
    "import http.client as h, sys; "
    "c = h.HTTPConnection('127.0.0.1', int(sys.argv[1]), timeout=float(sys.argv[2])); "
    "c.request('GET', '/live'); "
    "sys.exit(c.getresponse().status != 200)"
)


@dataclass(frozen=True, kw_only=True)
class TaskDefinitionArgs:
    """Args of `TaskDefinition`.

    Args:
        environment: The environment's name, part of the family's.
        tracking: How much one instance may do at once.
        service: The image and the size.
        front_door: The name that it answers to, and how long connections stay.
        database_uri: Where the database is, without user and password.
        login_secret_arn: The database login, JSON with `username` and `password`.
        session_key_secret_arn: The key that signs sessions, JSON with `password`.
        session_key_version: The key's version, so that a new one is a new task definition: all
            instances have to sign alike.
        secrets_key_arn: The key that both secrets are encrypted with.
        bucket_name: The artifact bucket.
        bucket_arn: The same, by ARN.
        bucket_key_arn: The key that the bucket is encrypted with.
        log_key_arn: The key that the log is encrypted with.
        log_days: Days that the log is kept.
        account_id: The account.
        region: The region.
        tags: For every resource.
    """

    environment: str
    tracking: Tracking
    service: Service
    front_door: FrontDoor
    database_uri: Input[str]
    login_secret_arn: Input[str]
    session_key_secret_arn: Input[str]
    session_key_version: Input[str]
    secrets_key_arn: Input[str]
    bucket_name: Input[str]
    bucket_arn: Input[str]
    bucket_key_arn: Input[str]
    log_key_arn: Input[str]
    log_days: int
    account_id: Input[str]
    region: str
    tags: dict[str, str]


class TaskDefinition(pulumi.ComponentResource):
    """The serving task: nothing it says depends on how many of it there are."""

    arn: Output[str]
    log_group_name: Output[str]

    def __init__(
        self, name: str, args: TaskDefinitionArgs, opts: ResourceOptions | None = None
    ) -> None:
        super().__init__("mlflow-ha:aws:TaskDefinition", name, None, opts)
        log_group = cloudwatch.LogGroup(
            name,
            retention_in_days=args.log_days,
            kms_key_id=args.log_key_arn,
            tags=named(args.tags, name),
            opts=ResourceOptions(parent=self),
        )
        execution = ExecutionRole(
            f"{name}-start",
            ExecutionRoleArgs(
                image=args.service.image,
                secret_arns=[args.login_secret_arn, args.session_key_secret_arn],
                secrets_key_arn=args.secrets_key_arn,
                log_group_arn=log_group.arn,
                account_id=args.account_id,
                region=args.region,
                tags=args.tags,
            ),
            ResourceOptions(parent=self),
        )
        role = TaskRole(
            f"{name}-run",
            TaskRoleArgs(
                bucket_arn=args.bucket_arn,
                prefix=ARTIFACT_PREFIX,
                bucket_key_arn=args.bucket_key_arn,
                account_id=args.account_id,
                region=args.region,
                tags=args.tags,
            ),
            ResourceOptions(parent=self),
        )
        definition = ecs.TaskDefinition(
            name,
            family=f"mlflow-ha-{args.environment}",
            container_definitions=container_definitions(_container(args, log_group.name)),
            cpu=str(args.service.cpu),
            memory=str(args.service.memory_mib),
            ephemeral_storage=ecs.TaskDefinitionEphemeralStorageArgs(
                size_in_gib=args.service.ephemeral_gib
            ),
            volumes=[SCRATCH],
            execution_role_arn=execution.arn,
            task_role_arn=role.arn,
            network_mode="awsvpc",
            requires_compatibilities=["FARGATE"],
            runtime_platform=ecs.TaskDefinitionRuntimePlatformArgs(
                cpu_architecture="ARM64", operating_system_family="LINUX"
            ),
            # ECS deploys no revision that was deregistered, and a rollback deploys the one before.
            skip_destroy=True,
            tags=named(args.tags, name),
            opts=ResourceOptions(parent=self),
        )
        self.arn = definition.arn
        self.log_group_name = log_group.name
        self.register_outputs({"arn": self.arn, "log_group_name": self.log_group_name})


def _container(args: TaskDefinitionArgs, log_group: Input[str]) -> Container:
    return Container(
        name=CONTAINER,
        image=args.service.image,
        command=("serve",),
        environment=server_environment(
            tracking=args.tracking,
            service=args.service,
            front_door=args.front_door,
            database_uri=args.database_uri,
            bucket=args.bucket_name,
            region=args.region,
        ),
        secrets={
            "PGUSER": secret_key(args.login_secret_arn, "username"),
            "PGPASSWORD": secret_key(args.login_secret_arn, "password"),
            server_variable("secret_key"): secret_key(
                args.session_key_secret_arn, "password", args.session_key_version
            ),
        },
        log_group=log_group,
        region=args.region,
        port=PORT,
        health_check=HealthCheck(
            # One second less than ECS gives it, so that it fails by itself and is not killed.
            command=("python", "-I", "-c", _ASK_LIVE, str(PORT), str(LIVE_TIMEOUT - 1)),
            interval=LIVE_INTERVAL,
            timeout=LIVE_TIMEOUT,
            retries=LIVE_RETRIES,
            start_period=min(args.service.start_limit, 300),
        ),
        stop_timeout=args.service.stop_timeout,
        restart_after=RESTART_AFTER,
    )
