"""The database's roles and schema, brought up to the image before the service starts with it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pulumi
from pulumi import Input, Output, ResourceOptions
from pulumi_aws import cloudwatch, ecs

from components.container import (
    SCRATCH,
    Container,
    container_definitions,
    secret_key,
    server_variable,
)
from components.database_parts import Server
from components.execution_role import ExecutionRole, ExecutionRoleArgs
from components.logins import Login, Role
from components.one_shot_task import OneShotTask, OneShotTaskArgs
from components.schema_snapshot import SchemaSnapshot, SchemaSnapshotArgs
from components.tags import named
from components.writer_address import writer_address

CPU, MEMORY_MIB = "512", "1024"
STOP_TIMEOUT = 120
"""Seconds, the most that Fargate allows: a statement in progress may end."""
PROVISION_LONGEST, MIGRATE_LONGEST = 900, 3600
"""Seconds. Provisioning does a handful of statements; a migration may rewrite a large table."""

PROVISION_ROLES: Mapping[Role, str] = {
    "owner": "owner_password",
    "app_a": "app_password",
    "app_b": "app_b_password",
    "reader": "reader_password",
}
"""The logins whose passwords `provision` sets, and the server's field for each."""
MIGRATE_ROLES: Sequence[Role] = ("owner", "admin", "canary")


@dataclass(frozen=True, kw_only=True)
class SchemaMigrationArgs:
    """Args of `SchemaMigration`.

    Args:
        environment: Part of the families' names.
        cluster_arn: The ECS cluster that the tasks run in.
        image: By digest; another one is the reason for a migration.
        database: It is reached at its writer, never through the proxy.
        logins: By role.
        secrets_key_arn: Decrypts their secrets.
        subnet_ids: Private ones.
        security_group_id: May reach the database itself.
        log_key_arn: Encrypts the tasks' log.
        log_days: How long it is kept.
        account_id: The account.
        region: Where all of it is.
        tags: For every resource.
    """

    environment: str
    cluster_arn: Input[str]
    image: str
    database: Server
    logins: Mapping[Role, Login]
    secrets_key_arn: Input[str]
    subnet_ids: Sequence[Input[str]]
    security_group_id: Input[str]
    log_key_arn: Input[str]
    log_days: int
    account_id: Input[str]
    region: str
    tags: dict[str, str]


@dataclass(frozen=True, kw_only=True)
class Step:
    """One task: what it says to the database, as whom, and how long it may take."""

    command: str
    environment: Mapping[str, Input[str]]
    secrets: Mapping[str, Input[str]]
    secret_arns: Sequence[Input[str]]
    versions: Mapping[str, Input[str]]
    longest_seconds: int


class SchemaMigration(pulumi.ComponentResource):
    """A snapshot when the image changed, then `provision` as master, then `migrate` as owner.

    Each has to succeed before the next begins; a failure ends the update with the task's last
    lines, and the service keeps running the image before.
    """

    completed: Output[str]

    def __init__(
        self, name: str, args: SchemaMigrationArgs, opts: ResourceOptions | None = None
    ) -> None:
        super().__init__("mlflow-ha:aws:SchemaMigration", name, None, opts)
        log_group = cloudwatch.LogGroup(
            name,
            kms_key_id=args.log_key_arn,
            retention_in_days=args.log_days,
            tags=named(args.tags, name),
            opts=ResourceOptions(parent=self),
        )
        snapshot = SchemaSnapshot(
            f"{name}-snapshot",
            SchemaSnapshotArgs(
                kind=args.database.kind,
                identifier=args.database.identifier,
                environment=args.environment,
                image=args.image,
                region=args.region,
                tags=args.tags,
            ),
            opts=ResourceOptions(parent=self),
        )
        provisioned = self._run(name, args, provision(args), log_group, after=snapshot)
        migrated = self._run(name, args, migrate(args), log_group, after=provisioned)
        self.completed = migrated.task_arn
        self.register_outputs({"completed": self.completed})

    def _run(
        self,
        name: str,
        args: SchemaMigrationArgs,
        step: Step,
        log_group: cloudwatch.LogGroup,
        *,
        after: pulumi.Resource,
    ) -> OneShotTask:
        logical = f"{name}-{step.command}"
        definition = self._task_definition(logical, args, step, log_group)
        return OneShotTask(
            logical,
            OneShotTaskArgs(
                cluster=args.cluster_arn,
                task_definition=definition.arn,
                family=family(args.environment, step.command),
                subnets=args.subnet_ids,
                security_groups=[args.security_group_id],
                log_group=log_group.name,
                region=args.region,
                triggers={
                    "image": args.image,
                    "endpoint": args.database.writer_endpoint,
                    "database": args.database.resource_id,
                    **step.versions,
                },
                longest_seconds=step.longest_seconds,
            ),
            opts=ResourceOptions(parent=self, depends_on=[after]),
        )

    def _task_definition(
        self,
        logical: str,
        args: SchemaMigrationArgs,
        step: Step,
        log_group: cloudwatch.LogGroup,
    ) -> ecs.TaskDefinition:
        execution = ExecutionRole(
            logical,
            ExecutionRoleArgs(
                image=args.image,
                secret_arns=step.secret_arns,
                secrets_key_arn=args.secrets_key_arn,
                log_group_arn=log_group.arn,
                account_id=args.account_id,
                region=args.region,
                tags=args.tags,
            ),
            ResourceOptions(parent=self),
        )
        container = Container(
            name=step.command,
            image=args.image,
            command=(step.command,),
            environment=step.environment,
            secrets=step.secrets,
            log_group=log_group.name,
            region=args.region,
            stop_timeout=STOP_TIMEOUT,
        )
        return ecs.TaskDefinition(
            logical,
            family=family(args.environment, step.command),
            container_definitions=container_definitions(container),
            cpu=CPU,
            memory=MEMORY_MIB,
            volumes=[SCRATCH],
            execution_role_arn=execution.arn,
            network_mode="awsvpc",
            requires_compatibilities=["FARGATE"],
            runtime_platform=ecs.TaskDefinitionRuntimePlatformArgs(
                cpu_architecture="ARM64", operating_system_family="LINUX"
            ),
            tags=named(args.tags, family(args.environment, step.command)),
            opts=ResourceOptions(parent=self),
        )


def family(environment: str, command: str) -> str:
    """Return the name that the revisions of a step's task definition share."""
    return f"mlflow-ha-{environment}-{command}"


def provision(args: SchemaMigrationArgs) -> Step:
    """Make the database and its roles, and set their passwords, as the administrator.

    The administrator's own secret is no trigger: RDS renews it by itself, and nothing here is
    made from it.

    Raises:
        ValueError: The database follows another region's and takes no writes.
    """
    master = args.database.master_secret_arn
    if master is None:
        raise ValueError(
            "the database only follows another one and cannot be migrated. Promote it first, by "
            "removing rds.replica_of"
        )
    logins = {role: args.logins[role] for role in PROVISION_ROLES}
    return Step(
        command="provision",
        environment={
            server_variable("admin_database_uri"): writer_address(
                args.database.writer_endpoint, "postgres"
            )
        },
        secrets={
            "PGUSER": secret_key(master, "username"),
            "PGPASSWORD": secret_key(master, "password"),
            **{
                server_variable(field): secret_key(logins[role].arn, "password")
                for role, field in PROVISION_ROLES.items()
            },
        },
        secret_arns=[master, *(login.arn for login in logins.values())],
        versions={role: login.version_id for role, login in logins.items()},
        longest_seconds=PROVISION_LONGEST,
    )


def migrate(args: SchemaMigrationArgs) -> Step:
    """Bring the schema up to the image, as its owner, and make the first users of MLflow."""
    logins = {role: args.logins[role] for role in MIGRATE_ROLES}
    owner, admin, canary = logins.values()
    return Step(
        command="migrate",
        environment={
            server_variable("owner_database_uri"): writer_address(
                args.database.writer_endpoint, "mlflow"
            )
        },
        secrets={
            "PGUSER": secret_key(owner.arn, "username"),
            "PGPASSWORD": secret_key(owner.arn, "password"),
            server_variable("admin_username"): secret_key(admin.arn, "username"),
            server_variable("admin_password"): secret_key(admin.arn, "password"),
            server_variable("canary_password"): secret_key(canary.arn, "password"),
        },
        secret_arns=[login.arn for login in logins.values()],
        versions={role: login.version_id for role, login in logins.items()},
        longest_seconds=MIGRATE_LONGEST,
    )
