"""Who plays which role on this machine's cluster at this moment."""

from __future__ import annotations

from chaos.target import FaultMissed, NotPossible
from local.cluster import Cluster
from local.hosts import Host

_NAMED = {
    "databases": ("db", slice(None)),
    "instances": ("app", slice(None)),
    "front-doors": ("lb", slice(None)),
    "instance": ("app", slice(1)),
    "object-store": ("s3", slice(1)),
    "two-object-stores": ("s3", slice(1, None)),
}
"""Roles that hosts have by name, whatever happens: the prefix, and which of them."""


def in_role(cluster: Cluster, role: str) -> list[Host]:
    """The hosts that play `role` now.

    Args:
        cluster: Asked who leads.
        role: Such as "primary", "standbys", "etcd-leader" or "object-store".

    Raises:
        NotPossible: There is no such role.
        FaultMissed: Nobody plays it at this moment.
    """
    if role in _NAMED:
        prefix, which = _NAMED[role]
        return _named(cluster, prefix)[which]
    if role == "front-door":
        return [cluster.front_door_holder()]
    if role in ("primary", "standby", "standbys"):
        return _around_the_primary(cluster, role)
    if role in ("etcd-leader", "etcd-follower", "etcd-majority"):
        return _around_the_etcd_leader(cluster, role)
    raise NotPossible(f"the local target knows no role {role!r}. Correct the drill")


def _named(cluster: Cluster, prefix: str) -> list[Host]:
    hosts = cluster.hosts
    return [hosts[name] for name in sorted(hosts) if name.startswith(f"{prefix}-")]


def _around_the_primary(cluster: Cluster, role: str) -> list[Host]:
    primary = cluster.primary()
    if primary is None:
        raise FaultMissed(f"nobody is primary now, so {role!r} names no host")
    if role == "primary":
        return [primary]
    standbys = [host for host in _named(cluster, "db") if host.name != primary.name]
    return standbys[:1] if role == "standby" else standbys


def _around_the_etcd_leader(cluster: Cluster, role: str) -> list[Host]:
    seen = cluster.observe()
    members = _named(cluster, "dcs")
    leaders = [host for host in members if seen[host.name].answers.get("leader")]
    if len(leaders) != 1:
        raise FaultMissed(f"etcd has {len(leaders)} leaders now, so {role!r} names no host")
    followers = [host for host in members if host not in leaders]
    return {
        "etcd-leader": leaders,
        "etcd-follower": followers[:1],
        "etcd-majority": [*leaders, *followers[:1]],
    }[role]
