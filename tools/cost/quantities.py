"""How much of everything an environment uses in a month: pure functions of its settings."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain

from observability.catalogue import catalogue
from setting_groups.aws.environment import Aws
from setting_groups.aws.network import ENDPOINT_SERVICES
from settings import Settings
from tools.cost.database import database
from tools.cost.quantity import HOURS, Quantity

DAYS = 30
MINUTES = HOURS * 60
SECONDS = HOURS * 3600

# What the program makes of each, whatever the settings: `make graph STACK=prod` lists them.
KEYS = 6
SECRETS = 7
MANAGED_SECRETS = 1
"""Of the administrator, which RDS makes and whose secret is paid for like any other."""
DASHBOARDS = 1
FREE_DASHBOARDS = 3
CANARY_GB = 0.25
FREE_DISK_GIB = 20

# Assumed where settings do not say; each is a guess that the cost guide shows as a quantity.
CANARY_SECONDS = 3
CANARY_METRICS = 8
INSIGHTS_METRICS = 20
"""Custom metrics that Container Insights publishes for a cluster with one service."""
BYTES_PER_REQUEST = 8_000
DUMP_HOURS = 1 / 12
DUMP_GIB = 0.5
FIREWALL_RULES = 4
LCU_CONNECTIONS = 25
LCU_GIB = 1.0
FLOW_SHARE = 0.05
"""GB of flow logs for each GB that moves."""
SLICE_GIB = 0.008
"""An object is read and written in slices of 8 MiB."""


def quantities(settings: Settings, aws: Aws, tasks: int) -> Iterator[Quantity]:
    """Yield everything that is paid for.

    Args:
        settings: Of the environment.
        aws: Its part on AWS.
        tasks: How many run all the time.
    """
    if aws.role == "pilot_light":
        return _pilot_light(settings, aws)
    return chain(
        _tasks(aws, tasks),
        _door(settings, aws),
        database(aws),
        _network(aws),
        _artifacts(aws),
        _recovery(aws),
        _secrets(aws),
        _alarms(settings),
        _watch(aws),
    )


def _pilot_light(settings: Settings, aws: Aws) -> Iterator[Quantity]:
    """What stands by; copies that arrive are counted with the environment that sends them."""
    if aws.rds.replica_of:
        yield from database(aws)
    yield Quantity("keys", KEYS, "kms key")
    yield from _alarms(settings)
    yield Quantity("flow logs", 1, "flow logs")


def _tasks(aws: Aws, tasks: int) -> Iterator[Quantity]:
    service, hours = aws.service, HOURS * tasks
    yield Quantity(f"tasks ({tasks}): processors", hours * service.cpu / 1024, "fargate vcpu")
    yield Quantity(f"tasks ({tasks}): memory", hours * service.memory_mib / 1024, "fargate memory")
    extra = service.ephemeral_gib - FREE_DISK_GIB
    yield Quantity(f"tasks ({tasks}): disk", hours * extra, "fargate disk")


def _door(settings: Settings, aws: Aws) -> Iterator[Quantity]:
    load, requests = aws.load, _requests(aws)
    moved = load.downloaded_gib + load.new_artifact_gib + requests * BYTES_PER_REQUEST / 1e9
    busiest = max(load.requests_per_second / LCU_CONNECTIONS, moved / HOURS / LCU_GIB)
    yield Quantity("load balancer", HOURS, "alb")
    yield Quantity("load balancer: capacity", HOURS * busiest, "alb lcu")
    # Clients keep connections and names; one query a minute and instance is more than they ask.
    yield Quantity("names", settings.tracking.instances * MINUTES / 1e6, "dns queries")
    if aws.front_door.firewall:
        yield Quantity("firewall", 1, "waf acl")
        yield Quantity("firewall: rules", FIREWALL_RULES, "waf rule")
        yield Quantity("firewall: requests", requests / 1e6, "waf requests")


def _network(aws: Aws) -> Iterator[Quantity]:
    network, load = aws.network, aws.load
    if network.egress == "endpoints":
        places = len(ENDPOINT_SERVICES) * len(network.zones)
        yield Quantity(f"interface endpoints ({places})", HOURS * places, "endpoint")
        yield Quantity("interface endpoints: data", load.nat_gib, "endpoint data")
    else:
        gateways = len(network.nat_zones)
        yield Quantity(f"NAT gateways ({gateways})", HOURS * gateways, "nat")
        yield Quantity("NAT gateways: addresses", HOURS * gateways, "public address")
        yield Quantity("NAT gateways: data", load.nat_gib, "nat data")
    # Balancer, task and database are in another zone each but by chance, and both ways are paid.
    crossing = 2 * (load.downloaded_gib + load.new_artifact_gib) + _api_gb(aws) * 2
    yield Quantity("between zones", 2 * crossing, "inter-zone")
    yield Quantity("flow logs", FLOW_SHARE * crossing, "flow logs")


def _artifacts(aws: Aws) -> Iterator[Quantity]:
    load = aws.load
    yield Quantity("artifacts", load.artifact_gib, "s3 storage")
    yield Quantity("artifacts: writes", load.new_artifact_gib / SLICE_GIB / 1000, "s3 put")
    yield Quantity("artifacts: reads", load.downloaded_gib / SLICE_GIB / 1000, "s3 get")


def _recovery(aws: Aws) -> Iterator[Quantity]:
    load, recovery = aws.load, aws.recovery
    # Continuous: the vault holds the bucket as it is, and what was new while it keeps it.
    kept = load.artifact_gib + load.new_artifact_gib * recovery.vault_days / DAYS
    yield Quantity("artifacts: backup", kept, "s3 backup")
    # A day's snapshot is what changed; a tenth of the disk is assumed, beyond the first, free size.
    snapshots = aws.rds.storage_gib * 0.1 * recovery.vault_days
    yield Quantity("database: backup", max(0.0, snapshots - aws.rds.storage_gib), "rds backup")
    dumps = HOURS / recovery.dump_every_hours if recovery.dump_every_hours else 0
    yield Quantity("dumps: processors", dumps * DUMP_HOURS * 0.5, "fargate vcpu")
    yield Quantity("dumps: memory", dumps * DUMP_HOURS, "fargate memory")
    dumped = dumps * DUMP_GIB
    yield Quantity("dumps", dumped * recovery.noncurrent_days / DAYS, "s3 storage")
    if recovery.second_region:
        copied = load.new_artifact_gib + dumped
        yield Quantity("second region: copies kept", load.artifact_gib + dumped, "s3 storage")
        yield Quantity("second region: transfer", copied, "region to region")
        yield Quantity("second region: within minutes", copied, "replication time control")


def _secrets(aws: Aws) -> Iterator[Quantity]:
    yield Quantity("keys", KEYS, "kms key")
    # Bucket keys and cached secrets leave few: a request for each slice and canary run, at most.
    slices = (aws.load.downloaded_gib + aws.load.new_artifact_gib) / SLICE_GIB
    calls = slices + 4 * MINUTES / aws.watch.canary_every_minutes
    yield Quantity("keys: requests", calls / 10_000, "kms requests")
    managed = MANAGED_SECRETS if aws.rds.manage_master_secret else 0
    yield Quantity("secrets", SECRETS + managed, "secret")


def _alarms(settings: Settings) -> Iterator[Quantity]:
    watched = catalogue(settings)
    yield Quantity("metric alarms", len(watched.measured), "alarm")
    yield Quantity("composite alarms", len(watched.burns), "composite alarm")


def _watch(aws: Aws) -> Iterator[Quantity]:
    load, watch = aws.load, aws.watch
    yield Quantity("dashboards", max(0, DASHBOARDS - FREE_DASHBOARDS), "dashboard")
    yield Quantity("metrics", CANARY_METRICS + INSIGHTS_METRICS, "custom metric")
    yield Quantity("logs", load.log_gib, "logs in")
    yield Quantity("logs: kept", load.log_gib * watch.log_days / DAYS, "logs kept")
    runs = MINUTES / watch.canary_every_minutes
    yield Quantity("canary: time", runs * CANARY_SECONDS * CANARY_GB, "lambda time")
    yield Quantity("canary: calls", runs / 1e6, "lambda calls")


def _requests(aws: Aws) -> float:
    return aws.load.requests_per_second * SECONDS


def _api_gb(aws: Aws) -> float:
    return _requests(aws) * BYTES_PER_REQUEST / 1e9
