"""A single DB instance, with or without a standby; also one that follows another region's."""

from __future__ import annotations

import secrets
from typing import Any

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
    INSIGHTS_DAYS,
    INSTANCE_LOGS,
    MAINTENANCE_WINDOW,
    MASTER,
    MONITORING_SECONDS,
    PORT,
    chosen_by_rds,
    identifier,
    parameter_family,
    parameters,
)
from components.master_password import MasterPassword, MasterPasswordArgs
from components.tags import named

FIRST_PASSWORD_BYTES = 18


def build_instance(name: str, args: DatabaseArgs, parent: pulumi.Resource) -> Server:
    """Make the instance and what belongs to it.

    Args:
        name: The component's logical name.
        args: The component's.
        parent: The component.

    Raises:
        ValueError: Nobody manages the administrator's secret.
    """
    follows = args.rds.replica_of is not None
    if not (follows or args.rds.manage_master_secret or args.master):
        raise ValueError(
            "the database has no administrator's secret: RDS does not manage it and `master` is "
            "None. Make the logins with with_master=True"
        )
    group = _parameter_group(name, args, parent).name
    made = parts(name, args, "instance", parent)
    instance = _instance(name, args, made, group, parent)
    replicas = [
        _read_replica(name, number, args, source=instance, made=made, group=group, parent=parent)
        for number in range(1, args.rds.read_replicas + 1)
    ]
    server = Server(
        kind="instance",
        identifier=instance.identifier,
        arn=instance.arn,
        resource_id=instance.resource_id,
        writer_endpoint=instance.address,
        instance_identifiers=[each.identifier for each in (instance, *replicas)],
        master_secret_arn=None if follows else _master_secret_arn(name, args, instance, parent),
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


def _instance(
    name: str, args: DatabaseArgs, made: Parts, group: Output[str], parent: pulumi.Resource
) -> rds.Instance:
    follows = args.rds.replica_of is not None
    database = identifier(args.environment)
    # RDS refuses to leave a snapshot of a replica.
    leaves_snapshot = args.protected and not follows
    return rds.Instance(
        name,
        identifier=database,
        multi_az=args.rds.topology == "multi_az_instance",
        db_subnet_group_name=made.subnet_group,
        kms_key_id=args.key_arn,
        backup_retention_period=args.rds.backup_days,
        backup_window=BACKUP_WINDOW,
        delete_automated_backups=not args.protected,
        deletion_protection=args.protected,
        skip_final_snapshot=not leaves_snapshot,
        final_snapshot_identifier=made.final_snapshot if leaves_snapshot else None,
        tags=named(args.tags, database),
        **(_following(args) if follows else _of_its_own(args)),
        **_running(args, made, group),
        opts=_options(args, made, parent),
    )


def _read_replica(
    name: str,
    number: int,
    args: DatabaseArgs,
    *,
    source: rds.Instance,
    made: Parts,
    group: Output[str],
    parent: pulumi.Resource,
) -> rds.Instance:
    replica = f"{identifier(args.environment)}-replica-{number}"
    return rds.Instance(
        f"{name}-replica-{number}",
        identifier=replica,
        replicate_source_db=source.identifier,
        deletion_protection=False,
        skip_final_snapshot=True,
        tags=named(args.tags, replica),
        **_running(args, made, group),
        opts=ResourceOptions(parent=parent, ignore_changes=chosen_by_rds(args.rds)),
    )


def _options(args: DatabaseArgs, made: Parts, parent: pulumi.Resource) -> ResourceOptions:
    return ResourceOptions(
        parent=parent,
        protect=args.protected,
        depends_on=list(made.log_groups),
        ignore_changes=[*chosen_by_rds(args.rds), *_only_at_birth(args)],
    )


def _only_at_birth(args: DatabaseArgs) -> list[str]:
    return [] if args.rds.manage_master_secret else ["passwordWo", "passwordWoVersion"]


def _following(args: DatabaseArgs) -> dict[str, Any]:
    # Engine, size and users come from the source.
    return {"replicate_source_db": args.rds.replica_of}


def _of_its_own(args: DatabaseArgs) -> dict[str, Any]:
    return {
        "engine": "postgres",
        "engine_version": args.rds.engine_version,
        "allocated_storage": args.rds.storage_gib,
        "username": MASTER,
        **_administrator(args),
    }


def _administrator(args: DatabaseArgs) -> dict[str, Any]:
    if args.rds.manage_master_secret:
        return {
            "manage_master_user_password": True,
            "master_user_secret_kms_key_id": args.secrets_key_arn,
        }
    # Never used: RDS needs one at birth, and MasterPassword replaces it from the secret at once.
    first = Output.secret(secrets.token_urlsafe(FIRST_PASSWORD_BYTES))
    return {"password_wo": first, "password_wo_version": 1}


def _running(args: DatabaseArgs, made: Parts, group: Output[str]) -> dict[str, Any]:
    return {
        "instance_class": args.rds.instance_class,
        "storage_type": args.rds.storage_type,
        "iops": args.rds.iops,
        "storage_encrypted": True,
        "port": PORT,
        "publicly_accessible": False,
        "vpc_security_group_ids": [args.security_group_id],
        "parameter_group_name": group,
        "ca_cert_identifier": CERTIFICATE_AUTHORITY,
        "maintenance_window": MAINTENANCE_WINDOW,
        "apply_immediately": APPLY_IMMEDIATELY,
        "auto_minor_version_upgrade": AUTO_MINOR_UPGRADE,
        "copy_tags_to_snapshot": True,
        "enabled_cloudwatch_logs_exports": list(INSTANCE_LOGS),
        "monitoring_interval": MONITORING_SECONDS,
        "monitoring_role_arn": made.monitoring_role_arn,
        "database_insights_mode": "standard",
        "performance_insights_enabled": True,
        "performance_insights_kms_key_id": args.key_arn,
        "performance_insights_retention_period": INSIGHTS_DAYS,
    }


def _master_secret_arn(
    name: str, args: DatabaseArgs, instance: rds.Instance, parent: pulumi.Resource
) -> Output[str]:
    if args.master is None:
        return instance.master_user_secrets.apply(lambda managed: str(managed[0].secret_arn))
    password = MasterPassword(
        f"{name}-master",
        MasterPasswordArgs(
            identifier=instance.identifier,
            resource_id=instance.resource_id,
            secret_arn=args.master.arn,
            version_id=args.master.version_id,
            region=args.region,
        ),
        opts=ResourceOptions(parent=parent),
    )
    # Whoever logs in with it waits until the database knows it.
    return Output.all(args.master.arn, password.id).apply(lambda known: str(known[0]))


def _parameter_group(name: str, args: DatabaseArgs, parent: pulumi.Resource) -> rds.ParameterGroup:
    return rds.ParameterGroup(
        name,
        description=f"mlflow-ha {args.environment}",
        family=parameter_family(args.rds.engine_version),
        parameters=[
            rds.ParameterGroupParameterArgs(
                name=parameter.name, value=parameter.value, apply_method=parameter.apply_method
            )
            for parameter in parameters(
                max_connections=args.max_connections, lock_timeout=args.lock_timeout
            )
        ],
        tags=named(args.tags, name),
        opts=ResourceOptions(parent=parent),
    )
