"""MLflow itself: the door, the schema, the fleet."""

from __future__ import annotations

from dataclasses import dataclass

from pulumi import Output

from components.cluster import Cluster, ClusterArgs
from components.database_plan import PORT
from components.deployment_alarm import DeploymentAlarm, DeploymentAlarmArgs
from components.front_door import FrontDoor, FrontDoorArgs
from components.layers.data import Data
from components.layers.foundation import Foundation
from components.layers.site import NAME, Site
from components.schema_migration import SchemaMigration, SchemaMigrationArgs
from components.task_definition import TaskDefinitionArgs
from components.tracking_service import TrackingService, TrackingServiceArgs
from components.web_firewall import WebFirewall, WebFirewallArgs
from components.writer_address import writer_address
from observability.alarm import Place

DATABASE = "mlflow"


@dataclass(frozen=True, kw_only=True)
class Serving:
    """What answers requests."""

    door: FrontDoor
    cluster: Cluster
    service: TrackingService


def serving(site: Site, base: Foundation, below: Data) -> Serving:
    """Build what answers requests; the schema is brought up to the image before the fleet is."""
    cluster = Cluster(f"{NAME}-cluster", ClusterArgs(tags=site.tags))
    door = _door(site, base)
    migration = SchemaMigration(
        f"{NAME}-schema",
        SchemaMigrationArgs(
            environment=site.environment,
            cluster_arn=cluster.arn,
            image=site.aws.service.image,
            database=below.server,
            logins=below.logins,
            secrets_key_arn=base.keys.secrets,
            subnet_ids=list(base.subnet_ids.values()),
            security_group_id=base.groups.migration,
            log_key_arn=base.keys.logs,
            log_days=site.aws.watch.log_days,
            account_id=site.account_id,
            region=site.aws.region,
            tags=site.tags,
        ),
    )
    guard = DeploymentAlarm(
        f"{NAME}-deployment",
        DeploymentAlarmArgs(
            places={
                Place.LOAD_BALANCER: [door.load_balancer_suffix],
                Place.TARGET_GROUP: [door.target_group_suffix],
            },
            receivers=base.receivers,
        ),
    )
    service = TrackingService(
        f"{NAME}-service",
        TrackingServiceArgs(
            task=_task(site, base, below),
            cluster_arn=cluster.arn,
            cluster_name=cluster.name,
            subnet_ids=base.subnet_ids,
            security_group_id=base.groups.service,
            target_group_arn=door.target_group_arn,
            target_group_suffix=door.target_group_suffix,
            load_balancer_suffix=door.load_balancer_suffix,
            migrated=migration.completed,
            rollback_alarms=[guard.alarm_name],
            tags=site.tags,
        ),
    )
    return Serving(door=door, cluster=cluster, service=service)


def _door(site: Site, base: Foundation) -> FrontDoor:
    settings = site.aws.front_door
    door = FrontDoor(
        f"{NAME}-door",
        FrontDoorArgs(
            settings=settings,
            vpc_id=base.network.vpc_id,
            public_subnet_ids=base.network.public_subnet_ids,
            private_subnet_ids=base.network.private_subnet_ids,
            security_group_id=base.groups.door,
            logs_bucket=base.access_logs.bucket,
            protected=site.protected,
            tags=site.tags,
        ),
    )
    if settings.firewall:
        WebFirewall(
            f"{NAME}-firewall",
            WebFirewallArgs(
                load_balancer_arn=door.load_balancer_arn,
                requests_per_address=settings.requests_per_address,
                log_key_arn=base.keys.logs,
                log_days=site.aws.watch.log_days,
                tags=site.tags,
            ),
        )
    return door


def _task(site: Site, base: Foundation, below: Data) -> TaskDefinitionArgs:
    logins = below.logins
    return TaskDefinitionArgs(
        environment=site.environment,
        tracking=site.settings.tracking,
        service=site.aws.service,
        front_door=site.aws.front_door,
        database_uri=_database_uri(below),
        login_secret_arn=logins[site.aws.rds.logins.active].arn,
        session_key_secret_arn=logins["session_key"].arn,
        session_key_version=logins["session_key"].version_id,
        secrets_key_arn=base.keys.secrets,
        bucket_name=base.store.bucket,
        bucket_arn=base.store.arn,
        bucket_key_arn=base.keys.artifacts,
        log_key_arn=base.keys.logs,
        log_days=site.aws.watch.log_days,
        account_id=site.account_id,
        region=site.aws.region,
        tags=site.tags,
    )


def _database_uri(below: Data) -> Output[str]:
    if below.proxy is None:
        return writer_address(below.server.writer_endpoint, DATABASE)
    # A proxy's certificate is one of Amazon's public ones, which the system trusts.
    return Output.concat(
        "postgresql://",
        below.proxy.endpoint,
        f":{PORT}/{DATABASE}?sslmode=verify-full&sslrootcert=system",
    )
