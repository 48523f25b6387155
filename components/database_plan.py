"""What is decided about the database before anything is made: names, parameters, shares."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from setting_groups.aws.database import Rds

PORT = 5432
MASTER = "mlflowmaster"
"""The administrator. RDS takes at most 16 letters and digits here."""
CERTIFICATE_AUTHORITY = "rds-ca-rsa2048-g1"
"""Valid until 2061; RDS renews the servers' own certificates without a restart."""
MONITORING_SECONDS = 60
"""Interval of Enhanced Monitoring."""
INSIGHTS_DAYS = 7
"""What the standard mode of Database Insights keeps."""
APPLY_IMMEDIATELY = True
"""Otherwise `pulumi up` succeeds and the change waits for the maintenance window."""
AUTO_MINOR_UPGRADE = False
"""Otherwise RDS raises the version by itself, and every update wants to take it back."""
BACKUP_WINDOW = "03:00-04:00"
MAINTENANCE_WINDOW = "sun:04:30-sun:05:30"
PROXY_HEADROOM = 1.3
"""AWS's advice: 30 % above the most connections that were seen.
https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/rds-proxy-connections.html"""
CLUSTER_INSTANCES = 3
"""A writer and two readable standbys."""
CLUSTER_LOGS = ("postgresql",)
INSTANCE_LOGS = ("postgresql", "upgrade")
"""Kinds of log that RDS exports; `upgrade` it has for instances only."""


@dataclass(frozen=True, kw_only=True)
class Parameter:
    """One parameter of PostgreSQL; a static one waits for a reboot."""

    name: str
    value: str
    apply_method: Literal["immediate", "pending-reboot"] = "immediate"


def identifier(environment: str) -> str:
    """Return the fixed name of the cluster or instance: runbooks and drills know it by that."""
    return f"mlflow-ha-{environment}"


def parameter_family(engine_version: str) -> str:
    """Return the family of parameter groups, such as "postgres17" for "17.11"."""
    return f"postgres{engine_version.partition('.')[0]}"


def parameters(*, max_connections: int, lock_timeout: float) -> list[Parameter]:
    """Return what differs from RDS's defaults, sorted by name; times are in ms, sizes in KiB.

    Args:
        max_connections: Of the server.
        lock_timeout: Seconds after which a statement stops waiting for a lock.
    """
    return [
        Parameter(name="idle_in_transaction_session_timeout", value="60000"),
        Parameter(name="lock_timeout", value=str(round(lock_timeout * 1000))),
        Parameter(name="log_autovacuum_min_duration", value="10000"),
        Parameter(name="log_lock_waits", value="1"),
        Parameter(name="log_min_duration_statement", value="1000"),
        Parameter(name="log_temp_files", value="10240"),
        Parameter(
            name="max_connections", value=str(max_connections), apply_method="pending-reboot"
        ),
        Parameter(name="rds.force_ssl", value="1"),
    ]


def chosen_by_rds(rds: Rds) -> list[str]:
    """Return the properties that RDS fills in; a difference there would show for ever."""
    return ["iops"] if rds.iops is None else []


def final_snapshot(database: str, life: str, storage_type: str) -> str:
    """Return the name of the snapshot that is left when the database is deleted.

    A name can be given once: it differs for each life of the environment, and for each storage
    type, whose change makes a new cluster within the same life.

    Args:
        database: The cluster's or instance's identifier.
        life: Random, but the same from the first update until the stack is destroyed.
        storage_type: Such as "gp3".
    """
    return f"{database}-final-{life}-{storage_type}"


def proxy_percent(*, fleet: int, max_connections: int, operators: int) -> int:
    """Return the share of the connections that the proxy may open, in percent.

    It always covers the fleet; above that, the headroom ends where the operators' part begins.

    Args:
        fleet: Connections that all instances can open together.
        max_connections: Of the server.
        operators: Of these, kept for migrations, monitoring and people.
    """
    needed = math.ceil(100 * fleet / max_connections)
    wished = math.ceil(100 * PROXY_HEADROOM * fleet / max_connections)
    left = 100 * (max_connections - operators) // max_connections
    return max(needed, min(wished, left))


def member(members: Sequence[str], index: int, cluster: str) -> str:
    """Return the identifier of one of a cluster's instances.

    RDS names them itself. Where it has not listed all yet, its own pattern is followed.

    Args:
        members: The identifiers that RDS reports.
        index: From 0.
        cluster: The cluster's identifier.
    """
    expected = [f"{cluster}-instance-{number}" for number in range(1, CLUSTER_INSTANCES + 1)]
    missing = [name for name in expected if name not in members]
    return [*sorted(members), *missing][index]
