"""What an observation says about the cluster: pure, so that it can be tested without one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from local.layout import Layout
from local.observation import Observation, patroni_members
from local.site import Service
from local.status import ArchiveStatus, HostStatus, ServiceStatus, Status

LEADING_ROLES = {"leader", "master", "primary"}


def missing(
    layout: Layout,
    services: Mapping[str, Sequence[Service]],
    observations: Mapping[str, Observation],
) -> list[str]:
    """What keeps the cluster from full redundancy, a sentence each; empty when nothing does."""
    return [
        *_services_down(services, observations),
        *_replication(layout, observations),
        *_consensus(layout, observations),
        *_instances(layout, observations),
        *_front_doors(layout, observations),
    ]


def status(
    layout: Layout,
    services: Mapping[str, Sequence[Service]],
    observations: Mapping[str, Observation],
    *,
    credentials_file: str,
    archive: ArchiveStatus | None,
) -> Status:
    """The observation in the form that `status --json` promises."""
    gaps = missing(layout, services, observations)
    leader = primary(observations)
    return Status(
        healthy=not gaps,
        endpoint=layout.endpoint,
        credentials_file=credentials_file,
        missing=gaps,
        archive=archive,
        hosts=[
            HostStatus(
                name=host,
                address=layout.address(host),
                services=[
                    _service_status(host, service, observations[host], leader)
                    for service in services[host]
                ],
            )
            for host in layout.hosts
        ],
    )


def primary(observations: Mapping[str, Observation]) -> str | None:
    """The host whose PostgreSQL runs and holds Patroni's lease, or None."""
    for name, member in patroni_members(observations).items():
        if member.get("role") in LEADING_ROLES and member.get("state") == "running":
            return name
    return None


def _service_status(
    host: str, service: Service, seen: Observation, leader: str | None
) -> ServiceStatus:
    process = seen.processes.get(service.name)
    running = bool(process and process.running)
    pid = process.pid if process else 0
    leads = False
    if service.kind == "postgres":
        pid, running, leads = seen.postmaster, running and seen.postmaster > 0, host == leader
    elif service.kind == "etcd":
        leads = bool(seen.answers.get("leader"))
    elif service.kind in {"haproxy", "keepalived"}:
        leads = seen.holds_front_door
    return ServiceStatus(
        name=service.name,
        kind=service.kind,
        port=service.port,
        pid=pid,
        running=running,
        leader=leads,
    )


def _services_down(
    services: Mapping[str, Sequence[Service]], observations: Mapping[str, Observation]
) -> list[str]:
    found = []
    for host, expected in services.items():
        seen = observations[host].processes
        if not seen:
            found.append(f"{host} does not answer")
            continue
        for service in expected:
            process = seen.get(service.name)
            if process is None or not process.running:
                state = process.state.lower() if process else "unknown"
                found.append(f"{service.name} on {host} is {state}")
    return found


def _replication(layout: Layout, observations: Mapping[str, Observation]) -> list[str]:
    members = patroni_members(observations)
    if primary(observations) is None:
        return ["no PostgreSQL node is the primary"]
    # A standby further behind would be refused as the next primary.
    lag_tolerated = layout.settings.failover.maximum_lag_bytes
    gaps = []
    for host in layout.names("db"):
        member = members.get(host)
        if member is None:
            gaps.append(f"Patroni does not know {host}")
        elif member["role"] not in LEADING_ROLES:
            gaps += _standby(host, member, lag_tolerated)
    return gaps


def _standby(host: str, member: Mapping[str, Any], lag_tolerated: int) -> list[str]:
    if member.get("state") != "streaming":
        return [f"standby {host} is {member.get('state')}, not streaming"]
    if member.get("role") not in {"quorum_standby", "sync_standby"}:
        return [f"standby {host} does not count for synchronous commits yet"]
    lag = member.get("lag", 0)
    if lag == "unknown" or int(lag) > lag_tolerated:
        return [f"standby {host} is {lag} bytes behind"]
    return []


def _consensus(layout: Layout, observations: Mapping[str, Observation]) -> list[str]:
    gaps = [
        f"etcd on {host} is not healthy"
        for host in layout.names("dcs")
        if (observations[host].answers.get("etcd") or {}).get("health") != "true"
    ]
    if not any(observations[host].answers.get("leader") for host in layout.names("dcs")):
        gaps.append("etcd has no leader")
    return gaps


def _instances(layout: Layout, observations: Mapping[str, Observation]) -> list[str]:
    return [
        f"MLflow on {host} cannot write"
        for host in layout.names("app")
        if "writable" not in observations[host].answers
    ]


def _front_doors(layout: Layout, observations: Mapping[str, Observation]) -> list[str]:
    doors, instances = layout.names("lb"), set(layout.names("app"))
    gaps = [
        f"{door} sends nobody to {', '.join(sorted(absent))}"
        for door in doors
        if (absent := instances - observations[door].rotation)
    ]
    holders = [door for door in doors if observations[door].holds_front_door]
    if len(holders) != 1:
        gaps.append(f"the front door's address is on {len(holders)} hosts instead of one")
    return gaps
