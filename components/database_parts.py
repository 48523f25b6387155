"""What a database cluster and a single instance have in common."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import pulumi
from pulumi import Input, Output, ResourceOptions
from pulumi_aws import cloudwatch, iam, rds

from components.calls.snapshots import Kind
from components.database_plan import CLUSTER_LOGS, INSTANCE_LOGS, final_snapshot, identifier
from components.iam import assumed_by
from components.logins import Login
from components.tags import named
from setting_groups.aws.database import Rds

MONITORING_POLICY = "arn:aws:iam::aws:policy/service-role/AmazonRDSEnhancedMonitoringRole"


@dataclass(frozen=True, kw_only=True)
class DatabaseArgs:
    """Args of `Database`.

    Args:
        environment: Part of the identifier.
        rds: The topology and its size.
        max_connections: Of the server.
        lock_timeout: Seconds.
        subnet_ids: Without a way out; in three zones for a cluster.
        security_group_id: Of the database.
        key_arn: Encrypts the storage and Performance Insights.
        secrets_key_arn: Encrypts the administrator's secret that RDS manages.
        log_key_arn: Encrypts the logs.
        log_days: How long logs are kept.
        events_topic_arn: Where RDS tells what happens to it.
        master: The administrator's secret, where RDS does not manage it.
        account_id: The account, which the monitoring role is confined to.
        region: Where the database is.
        protected: AWS and Pulumi refuse to delete it; a snapshot is left when they are told to.
        tags: For every resource.
    """

    environment: str
    rds: Rds
    max_connections: int
    lock_timeout: float
    subnet_ids: Sequence[Input[str]]
    security_group_id: Input[str]
    key_arn: Input[str]
    secrets_key_arn: Input[str]
    log_key_arn: Input[str]
    log_days: int
    events_topic_arn: Input[str]
    master: Login | None
    account_id: Input[str]
    region: str
    protected: bool
    tags: dict[str, str]


@dataclass(frozen=True, kw_only=True)
class Server:
    """The database as others see it.

    Attributes:
        kind: What `identifier` names.
        identifier: Fixed, such as "mlflow-ha-prod".
        arn: Of the cluster or instance.
        resource_id: Differs when another database gets the same identifier.
        writer_endpoint: Host name of whichever instance takes writes.
        instance_identifiers: What metrics are kept by.
        master_secret_arn: None while it follows another region's.
    """

    kind: Kind
    identifier: Output[str]
    arn: Output[str]
    resource_id: Output[str]
    writer_endpoint: Output[str]
    instance_identifiers: Sequence[Output[str]]
    master_secret_arn: Output[str] | None


@dataclass(frozen=True, kw_only=True)
class Parts:
    """What the cluster or instance is put together from.

    Attributes:
        subnet_group: Its name.
        monitoring_role_arn: Known once the role may do its work.
        final_snapshot: None where nothing is left after deletion.
        log_groups: Made before the database, or RDS makes them: unencrypted, kept for ever.
    """

    subnet_group: Output[str]
    monitoring_role_arn: Output[str]
    final_snapshot: Output[str] | None
    log_groups: Sequence[cloudwatch.LogGroup]


def parts(name: str, args: DatabaseArgs, kind: Kind, parent: pulumi.Resource) -> Parts:
    """Make what both kinds need.

    Args:
        name: The component's logical name.
        args: The component's.
        kind: Which of the two it will be.
        parent: The component.
    """
    subnet_group = rds.SubnetGroup(
        name,
        description=f"mlflow-ha {args.environment}",
        subnet_ids=list(args.subnet_ids),
        tags=named(args.tags, name),
        opts=ResourceOptions(parent=parent),
    )
    return Parts(
        subnet_group=subnet_group.name,
        monitoring_role_arn=_monitoring_role_arn(name, args, parent),
        final_snapshot=_final_snapshot(args, subnet_group) if args.protected else None,
        log_groups=_log_groups(args, kind, parent),
    )


def _final_snapshot(args: DatabaseArgs, subnet_group: rds.SubnetGroup) -> Output[str]:
    # Pulumi gave the group's name a random end, which lasts as long as the environment.
    return subnet_group.name.apply(
        lambda group: final_snapshot(
            identifier(args.environment), group.rpartition("-")[2], args.rds.storage_type
        )
    )


def _monitoring_role_arn(name: str, args: DatabaseArgs, parent: pulumi.Resource) -> Output[str]:
    role = iam.Role(
        f"{name}-monitoring",
        assume_role_policy=assumed_by(
            "monitoring.rds.amazonaws.com",
            conditions={"StringEquals": {"aws:SourceAccount": args.account_id}},
        ),
        tags=named(args.tags, f"{name}-monitoring"),
        opts=ResourceOptions(parent=parent),
    )
    attachment = iam.RolePolicyAttachment(
        f"{name}-monitoring",
        role=role.name,
        policy_arn=MONITORING_POLICY,
        opts=ResourceOptions(parent=parent),
    )
    return Output.all(role.arn, attachment.id).apply(lambda known: str(known[0]))


def _log_groups(
    args: DatabaseArgs, kind: Kind, parent: pulumi.Resource
) -> list[cloudwatch.LogGroup]:
    database = identifier(args.environment)
    return [
        cloudwatch.LogGroup(
            f"{database}-{log}",
            name=f"/aws/rds/{kind}/{database}/{log}",
            kms_key_id=args.log_key_arn,
            retention_in_days=args.log_days,
            tags=args.tags,
            opts=ResourceOptions(parent=parent),
        )
        for log in (CLUSTER_LOGS if kind == "cluster" else INSTANCE_LOGS)
    ]
