"""The side that is ours: the running local cluster, entered through its front door."""

from __future__ import annotations

from collections.abc import Iterable

from bench.side import Side
from local.cluster import Cluster


def front_door(cluster: Cluster) -> Side:
    """The cluster as a load sees it."""
    environment = cluster.client_environment()
    return Side(
        name="ours",
        url=cluster.endpoint,
        credentials=(
            environment["MLFLOW_TRACKING_USERNAME"],
            environment["MLFLOW_TRACKING_PASSWORD"],
        ),
        pids=lambda: processes(cluster),
    )


def processes(cluster: Cluster, roles: Iterable[str] = ("",)) -> list[int]:
    """The processes of every host whose name begins with one of `roles`."""
    wanted = tuple(roles)
    return [
        pid
        for name, host in cluster.hosts.items()
        if name.startswith(wanted)
        for pid in host.pids()
    ]
