"""Who looks after it: the canary, dumps, alarms, and faults on purpose."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from pulumi import Input

from components.canary import Canary, CanaryArgs
from components.fault_experiments import Stack, experiments
from components.fault_injection import FaultInjection, FaultInjectionArgs
from components.layers.data import Data
from components.layers.foundation import Foundation
from components.layers.serving import Serving
from components.layers.site import NAME, Site
from components.logical_dump import LogicalDump, LogicalDumpArgs
from components.observability import Observability, ObservabilityArgs
from components.replication import RULE
from observability.alarm import Place
from observability.catalogue import catalogue

STOPS_EXPERIMENTS = "RegistrationsFailing"
"""Rings for whatever keeps users from registering, a database that is away included."""


def watching(site: Site, base: Foundation, below: Data, served: Serving) -> Observability:
    """Build what looks at an environment that serves."""
    _canary(site, base, below)
    dump = _dump(site, base, below, served)
    places: dict[Place, Sequence[Input[str]]] = {
        Place.LOAD_BALANCER: [served.door.load_balancer_suffix],
        Place.CERTIFICATE: [served.door.certificate_arn],
        Place.NAT_GATEWAYS: base.network.nat_gateway_ids,
        Place.TARGET_GROUP: [served.door.target_group_suffix],
        Place.CLUSTER: [served.cluster.name],
        Place.SERVICE: [served.service.service_name],
        Place.DATABASES: below.server.instance_identifiers,
        Place.BUCKET: [base.store.bucket],
        Place.REPLICATION_RULE: [RULE],
        Place.VAULT: [below.backup.vault_name],
    }
    if below.proxy:
        places[Place.PROXY] = [below.proxy.name]
    if second := site.aws.recovery.second_region:
        places[Place.REPLICA_BUCKET] = [second.bucket_arn.rpartition(":")[2]]
    if dump:
        places |= {
            Place.DUMP_DONE_RULE: [dump.events.done_rule],
            Place.DUMP_FAILED_RULE: [dump.events.failed_rule],
            Place.DUMP_QUEUE: [dump.queue_name],
        }
    return alarms(site, base, places)


def alarms(
    site: Site, base: Foundation, places: Mapping[Place, Sequence[Input[str]]]
) -> Observability:
    """Build the alarms and the dashboard that these settings ask for."""
    return Observability(
        f"{NAME}-watch",
        ObservabilityArgs(
            catalogue=catalogue(site.settings),
            places=places,
            receivers=base.receivers,
            region=site.aws.region,
        ),
    )


def faults(
    site: Site, base: Foundation, below: Data, served: Serving, watch: Observability
) -> FaultInjection:
    """Build what drills break this environment with."""
    network = base.network
    tiers = (network.public_subnet_ids, network.private_subnet_ids, network.isolated_subnet_ids)
    stack = Stack(
        database_kind=below.server.kind,
        database_arn=below.server.arn,
        cluster_arn=served.cluster.arn,
        cluster_name=served.cluster.name,
        service_name=served.service.service_name,
        subnet_ids={zone: [tier[zone] for tier in tiers] for zone in site.aws.network.zones},
        bucket_arn=base.store.arn,
        account_id=site.account_id,
    )
    return FaultInjection(
        f"{NAME}-faults",
        FaultInjectionArgs(
            experiments=experiments(site.aws, stack),
            stop_alarm_arn=watch.alarm_arns[STOPS_EXPERIMENTS],
            log_key_arn=base.keys.logs,
            log_days=site.aws.watch.log_days,
            account_id=site.account_id,
            region=site.aws.region,
            tags=site.tags,
        ),
    )


def _canary(site: Site, base: Foundation, below: Data) -> Canary:
    return Canary(
        f"{NAME}-canary",
        CanaryArgs(
            environment=site.environment,
            every_minutes=site.aws.watch.canary_every_minutes,
            front_door=site.aws.front_door.domain,
            subnet_ids=list(base.subnet_ids.values()),
            security_group_id=base.groups.canary,
            secret_arn=below.logins["canary"].arn,
            secret_key_arn=base.keys.secrets,
            log_key_arn=base.keys.logs,
            log_days=site.aws.watch.log_days,
            account_id=site.account_id,
            region=site.aws.region,
            tags=site.tags,
        ),
    )


def _dump(site: Site, base: Foundation, below: Data, served: Serving) -> LogicalDump | None:
    hours = site.aws.recovery.dump_every_hours
    if hours is None:
        return None
    return LogicalDump(
        f"{NAME}-dump",
        LogicalDumpArgs(
            environment=site.environment,
            every_hours=hours,
            image=site.aws.service.image,
            cluster_arn=served.cluster.arn,
            subnet_ids=list(base.subnet_ids.values()),
            security_group_id=base.groups.migration,
            writer_endpoint=below.server.writer_endpoint,
            owner_secret_arn=below.logins["owner"].arn,
            secrets_key_arn=base.keys.secrets,
            bucket_name=base.store.bucket,
            bucket_arn=base.store.arn,
            bucket_key_arn=base.keys.artifacts,
            log_key_arn=base.keys.logs,
            log_days=site.aws.watch.log_days,
            account_id=site.account_id,
            region=site.aws.region,
            tags=site.tags,
        ),
    )
