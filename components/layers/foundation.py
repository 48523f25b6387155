"""What data needs, and what a pilot light already has: keys, network, buckets, topics."""

from __future__ import annotations

from dataclasses import dataclass

from pulumi import Output

from components.access_logs import AccessLogs, AccessLogsArgs
from components.alerts import PUBLISHERS, Alerts, AlertsArgs
from components.artifact_store import ArtifactStore, ArtifactStoreArgs
from components.budget import Budget, BudgetArgs
from components.encryption_key import EncryptionKey, EncryptionKeyArgs, Service
from components.interface_endpoints import InterfaceEndpoints, InterfaceEndpointsArgs
from components.layers.site import NAME, Site
from components.metric_alarm import Receivers
from components.network import Network, NetworkArgs
from components.security_groups import SecurityGroups, SecurityGroupsArgs


@dataclass(frozen=True, kw_only=True)
class Keys:
    """One key for each kind of content, so that who may read one may not read all."""

    artifacts: Output[str]
    database: Output[str]
    secrets: Output[str]
    logs: Output[str]
    alerts: Output[str]
    backups: Output[str]


@dataclass(frozen=True, kw_only=True)
class Foundation:
    """What the other layers stand on.

    Attributes:
        subnet_ids: Private ones by zone, known once what runs in them can reach AWS.
        receivers: Whom alarms tell.
    """

    keys: Keys
    network: Network
    groups: SecurityGroups
    subnet_ids: dict[str, Output[str]]
    alerts: Alerts
    receivers: Receivers
    access_logs: AccessLogs
    store: ArtifactStore


def foundation(site: Site) -> Foundation:
    """Build the lowest layer."""
    keys = _keys(site)
    alerts = _alerts(site, keys)
    network = _network(site, keys)
    groups = _groups(site, network)
    access_logs = AccessLogs(
        f"{NAME}-access-logs",
        AccessLogsArgs(
            account_id=site.account_id,
            days=site.aws.watch.log_days,
            protected=site.protected,
            tags=site.tags,
        ),
    )
    return Foundation(
        keys=keys,
        network=network,
        groups=groups,
        subnet_ids=_connected_subnets(site, network, groups),
        alerts=alerts,
        receivers=Receivers(
            environment=site.environment,
            topic_arn=alerts.topic_arn,
            pager_topic_arn=alerts.pager_topic_arn,
            runbooks_url=site.aws.watch.runbooks_url,
            tags=site.tags,
        ),
        access_logs=access_logs,
        store=ArtifactStore(
            f"{NAME}-artifacts",
            ArtifactStoreArgs(
                key_arn=keys.artifacts,
                access_logs_bucket=access_logs.bucket,
                recovery=site.aws.recovery,
                region=site.aws.region,
                protected=site.protected,
                tags=site.tags,
            ),
        ),
    )


def _keys(site: Site) -> Keys:
    def key(purpose: str, *services: Service) -> Output[str]:
        return EncryptionKey(
            f"{NAME}-{purpose}",
            EncryptionKeyArgs(
                purpose=purpose,
                services=services,
                account_id=site.account_id,
                region=site.aws.region,
                protected=site.protected,
                tags=site.tags,
            ),
        ).arn

    return Keys(
        artifacts=key("artifacts"),
        database=key("database"),
        secrets=key("secrets"),
        logs=key("logs", "logs"),
        alerts=key("alerts", *PUBLISHERS),
        backups=key("backups"),
    )


def _network(site: Site, keys: Keys) -> Network:
    return Network(
        NAME,
        NetworkArgs(
            network=site.aws.network,
            nat_zones=site.aws.network.nat_zones if site.serves else (),
            internet_door=site.serves and site.aws.front_door.scheme == "internet",
            log_key_arn=keys.logs,
            account_id=site.account_id,
            region=site.aws.region,
            tags=site.tags,
        ),
    )


def _groups(site: Site, network: Network) -> SecurityGroups:
    return SecurityGroups(
        NAME,
        SecurityGroupsArgs(
            vpc_id=network.vpc_id,
            vpc_cidr=site.aws.network.cidr,
            front_door=site.aws.front_door,
            proxy=site.aws.rds.proxy,
            egress=site.aws.network.egress,
            s3_prefix_list_id=network.s3_prefix_list_id,
            nat_addresses=network.nat_addresses,
            tags=site.tags,
        ),
    )


def _connected_subnets(
    site: Site, network: Network, groups: SecurityGroups
) -> dict[str, Output[str]]:
    if not site.serves or site.aws.network.egress == "nat":
        return network.private_subnet_ids
    return InterfaceEndpoints(
        f"{NAME}-endpoints",
        InterfaceEndpointsArgs(
            vpc_id=network.vpc_id,
            subnet_ids=network.private_subnet_ids,
            security_group_id=groups.endpoints,
            account_id=site.account_id,
            region=site.aws.region,
            tags=site.tags,
        ),
    ).subnet_ids


def _alerts(site: Site, keys: Keys) -> Alerts:
    alerts = Alerts(
        f"{NAME}-alerts",
        AlertsArgs(
            emails=site.aws.watch.emails,
            pager_emails=site.aws.watch.pager_emails,
            key_arn=keys.alerts,
            account_id=site.account_id,
            tags=site.tags,
        ),
    )
    Budget(
        f"{NAME}-budget",
        BudgetArgs(
            environment=site.environment,
            monthly_usd=site.aws.watch.monthly_budget_usd,
            topic_arn=alerts.topic_arn,
            tags=site.tags,
        ),
    )
    return alerts
