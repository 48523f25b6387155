"""How much of RDS an environment uses in a month."""

from __future__ import annotations

from collections.abc import Iterator

from setting_groups.aws.database import CLUSTER_ZONES, GP3_MAY_SET_IOPS, Rds
from setting_groups.aws.environment import Aws
from tools.cost.quantity import HOURS, Quantity

MONITORING_GB = 0.7
"""Of enhanced monitoring each minute, for an instance and month."""
FEWEST_PROXY_CPUS = 2
GP3_INCLUDED_IOPS = 12_000


def copies(rds: Rds) -> int:
    """Return how many instances, each with its own copy of the data, are paid for."""
    if rds.topology == "multi_az_cluster":
        return CLUSTER_ZONES
    return (2 if rds.topology == "multi_az_instance" else 1) + rds.read_replicas


def cpus(instance_class: str) -> int:
    """Return the processors of a class such as "db.m6gd.large": 1 for Graviton's medium, 4 x N above.

    https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/Concepts.DBInstanceClass.Summary.html
    """
    _, family, size = instance_class.split(".")
    if size.endswith("xlarge"):
        return 4 * int(size.removesuffix("xlarge") or 1)
    return 1 if size == "medium" and not family.startswith("t") else 2


def database(aws: Aws) -> Iterator[Quantity]:
    """Yield what RDS is paid for."""
    rds, number = aws.rds, copies(aws.rds)
    yield Quantity(
        f"database: {number} x {rds.instance_class}", HOURS * number, f"rds {rds.instance_class}"
    )
    yield Quantity("database: storage", rds.storage_gib * number, f"rds storage {rds.storage_type}")
    yield Quantity("database: operations", _paid_iops(rds) * number, f"rds iops {rds.storage_type}")
    yield Quantity("database: monitoring", MONITORING_GB * number, "enhanced monitoring")
    if rds.proxy:
        processors = max(FEWEST_PROXY_CPUS, cpus(rds.instance_class) * number)
        yield Quantity(f"proxy ({processors} vCPUs)", HOURS * processors, "rds proxy")


def _paid_iops(rds: Rds) -> int:
    if rds.storage_type == "io2":
        return rds.iops or 0
    large = rds.storage_gib >= GP3_MAY_SET_IOPS
    return max(0, (rds.iops or 0) - GP3_INCLUDED_IOPS) if large else 0
