"""A Multi-AZ DB cluster: a writer and two readable standbys, each in its own zone."""

from __future__ import annotations

import pulumi
from pulumi import Output, ResourceOptions
from pulumi_aws import rds

from components.database_events import subscribe
from components.database_parts import DatabaseArgs, Parts, Server, parts
from components.database_plan import (
    APPLY_IMMEDIATELY,
    AUTO_MINOR_UPGRADE,
    BACKUP_WINDOW,
    CERTIFICATE_AUTHORITY,
    CLUSTER_INSTANCES,
    CLUSTER_LOGS,
    INSIGHTS_DAYS,
    MAINTENANCE_WINDOW,
    MASTER,
    MONITORING_SECONDS,
    PORT,
    chosen_by_rds,
    identifier,
    member,
    parameter_family,
    parameters,
)
from components.tags import named


def build_cluster(name: str, args: DatabaseArgs, parent: pulumi.Resource) -> Server:
    """Make the cluster and what belongs to it.

    Args:
        name: The component's logical name.
        args: The component's.
        parent: The component.
    """
    cluster = _cluster(name, args, parts(name, args, "cluster", parent), parent)
    server = Server(
        kind="cluster",
        identifier=cluster.cluster_identifier,
        arn=cluster.arn,
        resource_id=cluster.cluster_resource_id,
        writer_endpoint=cluster.endpoint,
        instance_identifiers=[_member(cluster, index) for index in range(CLUSTER_INSTANCES)],
        master_secret_arn=cluster.master_user_secrets.apply(
            lambda secrets: str(secrets[0].secret_arn)
        ),
    )
    subscribe(
        name,
        "db-cluster",
        [server.identifier],
        topic_arn=args.events_topic_arn,
        tags=args.tags,
        parent=parent,
    )
    subscribe(
        name,
        "db-instance",
        server.instance_identifiers,
        topic_arn=args.events_topic_arn,
        tags=args.tags,
        parent=parent,
    )
    return server


def _cluster(name: str, args: DatabaseArgs, made: Parts, parent: pulumi.Resource) -> rds.Cluster:
    database = identifier(args.environment)
    return rds.Cluster(
        name,
        cluster_identifier=database,
        engine="postgres",
        engine_version=args.rds.engine_version,
        db_cluster_instance_class=args.rds.instance_class,
        allocated_storage=args.rds.storage_gib,
        storage_type=args.rds.storage_type,
        iops=args.rds.iops,
        storage_encrypted=True,
        kms_key_id=args.key_arn,
        port=PORT,
        publicly_accessible=False,
        db_subnet_group_name=made.subnet_group,
        vpc_security_group_ids=[args.security_group_id],
        db_cluster_parameter_group_name=_parameter_group(name, args, parent).name,
        ca_certificate_identifier=CERTIFICATE_AUTHORITY,
        master_username=MASTER,
        manage_master_user_password=True,
        master_user_secret_kms_key_id=args.secrets_key_arn,
        backup_retention_period=args.rds.backup_days,
        preferred_backup_window=BACKUP_WINDOW,
        preferred_maintenance_window=MAINTENANCE_WINDOW,
        apply_immediately=APPLY_IMMEDIATELY,
        auto_minor_version_upgrade=AUTO_MINOR_UPGRADE,
        copy_tags_to_snapshot=True,
        deletion_protection=args.protected,
        skip_final_snapshot=not args.protected,
        final_snapshot_identifier=made.final_snapshot,
        enabled_cloudwatch_logs_exports=list(CLUSTER_LOGS),
        monitoring_interval=MONITORING_SECONDS,
        monitoring_role_arn=made.monitoring_role_arn,
        database_insights_mode="standard",
        performance_insights_enabled=True,
        performance_insights_kms_key_id=args.key_arn,
        performance_insights_retention_period=INSIGHTS_DAYS,
        tags=named(args.tags, database),
        opts=ResourceOptions(
            parent=parent,
            protect=args.protected,
            depends_on=list(made.log_groups),
            ignore_changes=chosen_by_rds(args.rds),
        ),
    )


def _parameter_group(
    name: str, args: DatabaseArgs, parent: pulumi.Resource
) -> rds.ClusterParameterGroup:
    return rds.ClusterParameterGroup(
        name,
        description=f"mlflow-ha {args.environment}",
        family=parameter_family(args.rds.engine_version),
        parameters=[
            rds.ClusterParameterGroupParameterArgs(
                name=parameter.name, value=parameter.value, apply_method=parameter.apply_method
            )
            for parameter in parameters(
                max_connections=args.max_connections, lock_timeout=args.lock_timeout
            )
        ],
        tags=named(args.tags, name),
        opts=ResourceOptions(parent=parent),
    )


def _member(cluster: rds.Cluster, index: int) -> Output[str]:
    return Output.all(cluster.cluster_members, cluster.cluster_identifier).apply(
        lambda known: member(known[0] or [], index, known[1])
    )
