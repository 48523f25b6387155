"""RDS: its instances, of which a cluster has three, and its proxy."""

from __future__ import annotations

from observability.alarm import (
    KEEPS_ITS_STATE,
    ONLY_WHEN_SOMETHING_HAPPENS,
    Alarm,
    Comparison,
    Metric,
    Notice,
    Place,
    Severity,
    Worst,
)
from setting_groups.aws.database import Rds, memory_gib
from settings import Settings

EVENTS = Notice(
    name="DatabaseEvents", means="RDS tells of a failover, maintenance, low storage or a failure."
)
_GIB = 2**30
_CPU_PERCENT = 90
_FREE_MEMORY = 0.10
_FREE_STORAGE_TICKET, _FREE_STORAGE_PAGE = 0.25, 0.10
_CONNECTIONS = 0.90
_WAITING_FOR_DISK = 64
_LAG_SECONDS = 60
_TRANSACTIONS_USED = 1_000_000_000
"""Half of what PostgreSQL has before it stops accepting writes; autovacuum acts at 200 million."""
_BORROWING_SECONDS = 0.5


def alarms(settings: Settings, rds: Rds) -> tuple[Alarm, ...]:
    """Return the alarms on the instances; each looks at the worst of them."""
    usable = settings.database.usable_connections
    copies = rds.topology == "multi_az_cluster" or rds.read_replicas or rds.replica_of
    return (
        _worst(
            "DatabaseCpuHigh",
            f"The database has used more than {_CPU_PERCENT} % of its CPU for 15 minutes.",
            metric=("CPUUtilization", "Average"),
            when=("MAX", ">", _CPU_PERCENT),
        ),
        _worst(
            "DatabaseMemoryLow",
            f"Less than {_FREE_MEMORY:.0%} of the database's "
            f"{memory_gib(rds.instance_class):g} GiB of memory is free.",
            metric=("FreeableMemory", "Minimum"),
            when=("MIN", "<", _FREE_MEMORY * memory_gib(rds.instance_class) * _GIB),
        ),
        _worst(
            "DatabaseStorageFull",
            f"Less than {_FREE_STORAGE_PAGE:.0%} of the database's {rds.storage_gib} GiB is free; at "
            "none, PostgreSQL stops.",
            metric=("FreeStorageSpace", "Minimum"),
            when=("MIN", "<", int(_FREE_STORAGE_PAGE * rds.storage_gib * _GIB)),
            periods=5,
            severity="page",
        ),
        _worst(
            "DatabaseStorageLow",
            f"Less than {_FREE_STORAGE_TICKET:.0%} of the database's {rds.storage_gib} GiB is free.",
            metric=("FreeStorageSpace", "Minimum"),
            when=("MIN", "<", int(_FREE_STORAGE_TICKET * rds.storage_gib * _GIB)),
        ),
        _worst(
            "DatabaseConnectionsHigh",
            f"More than {_CONNECTIONS:.0%} of the {usable} connections that the budget leaves beside "
            "the operators' are open.",
            metric=("DatabaseConnections", "Maximum"),
            when=("MAX", ">", int(_CONNECTIONS * usable)),
            periods=5,
        ),
        _worst(
            "DatabaseDiskQueue",
            f"More than {_WAITING_FOR_DISK} requests have waited for the database's disk for 15 "
            "minutes.",
            metric=("DiskQueueDepth", "Average"),
            when=("MAX", ">", _WAITING_FOR_DISK),
        ),
        _worst(
            "TransactionWraparound",
            f"{_TRANSACTIONS_USED // 10**9} billion transaction ids are in use; near 2.1 billion PostgreSQL "
            "refuses to write.",
            metric=("MaximumUsedTransactionIDs", "Maximum"),
            when=("MAX", ">", _TRANSACTIONS_USED),
        ),
        *(
            [
                _worst(
                    "ReplicaLagHigh",
                    f"A copy of the database is more than {_LAG_SECONDS} s behind.",
                    metric=("ReplicaLag", "Maximum"),
                    when=("MAX", ">", _LAG_SECONDS),
                    periods=5,
                )
            ]
            if copies
            else []
        ),
    )


def _worst(
    name: str,
    means: str,
    *,
    metric: tuple[str, str],
    when: tuple[Worst, Comparison, float],
    periods: int = 15,
    severity: Severity = "ticket",
) -> Alarm:
    worst, comparison, threshold = when
    return Alarm(
        name=name,
        severity=severity,
        means=means,
        metrics=(
            Metric(
                namespace="AWS/RDS",
                name=metric[0],
                statistic=metric[1],
                dimensions={"DBInstanceIdentifier": Place.DATABASES},
            ),
        ),
        worst=worst,
        periods=periods,
        comparison=comparison,
        threshold=threshold,
        missing=KEEPS_ITS_STATE,
    )


def proxy_alarms(settings: Settings) -> tuple[Alarm, ...]:
    """Return the alarms on RDS Proxy, which has no samples before its first connection."""
    minutes = round(settings.objectives.redundancy_restored / 60)
    return (
        Alarm(
            name="ProxyUnavailable",
            severity="page",
            means=f"The database's proxy has not reached the database for {minutes} minutes.",
            metrics=(
                Metric(
                    namespace="AWS/RDS",
                    name="AvailabilityPercentage",
                    statistic="Maximum",
                    dimensions={
                        "ProxyName": Place.PROXY,
                        "TargetGroup": "default",
                        "TargetRole": "READ_WRITE",
                    },
                ),
            ),
            periods=minutes,
            comparison="<",
            threshold=100,
            missing=KEEPS_ITS_STATE,
        ),
        Alarm(
            name="ProxyBorrowSlow",
            severity="ticket",
            means=f"Requests wait more than {_BORROWING_SECONDS:g} s for a connection of the proxy.",
            metrics=(
                Metric(
                    namespace="AWS/RDS",
                    name="DatabaseConnectionsBorrowLatency",
                    statistic="Average",
                    dimensions={"ProxyName": Place.PROXY},
                ),
            ),
            periods=5,
            comparison=">",
            threshold=_BORROWING_SECONDS * 1_000_000,  # CloudWatch has it in microseconds
            missing=ONLY_WHEN_SOMETHING_HAPPENS,
        ),
    )
