"""A running cluster, as drills, tests and benchmarks see it."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from importlib.metadata import version
from pathlib import Path

from local import supervision
from local.archive import progress
from local.errors import ClusterError, LocalError
from local.hosts import Host
from local.machine import hosts_of
from local.observation import Observation, observe, patroni_members, postmaster_pid
from local.redundancy import missing, primary, status
from local.services.catalogue import services
from local.site import Service, Site
from local.state import State, default_state
from local.status import Status

__all__ = ["Cluster", "ClusterError", "attach"]


@dataclass(frozen=True)
class Cluster:
    """Handles on one cluster; nothing here starts or stops it as a whole."""

    site: Site
    hosts: Mapping[str, Host]

    @cached_property
    def services(self) -> dict[str, list[Service]]:
        return {host: services(self.site, host) for host in self.hosts}

    @property
    def endpoint(self) -> str:
        return self.site.layout.endpoint

    @property
    def credentials_file(self) -> Path:
        return self.site.state / "credentials.json"

    def client_environment(self) -> dict[str, str]:
        """What a plain MLflow client needs."""
        return {
            "MLFLOW_TRACKING_URI": self.endpoint,
            "MLFLOW_TRACKING_USERNAME": "admin",
            "MLFLOW_TRACKING_PASSWORD": self.site.passwords.admin,
        }

    def observe(self) -> dict[str, Observation]:
        return observe(self.site, self.hosts)

    def status(self) -> Status:
        seen = self.observe()
        name = primary(seen)
        return status(
            self.site.layout,
            self.services,
            seen,
            credentials_file=str(self.credentials_file),
            archive=progress(self.site, self.hosts[name]) if name else None,
        )

    def missing(self) -> list[str]:
        """What keeps it from full redundancy, a sentence each; empty when nothing does."""
        return missing(self.site.layout, self.services, self.observe())

    def primary(self) -> Host | None:
        name = primary(self.observe())
        return self.hosts[name] if name else None

    def timeline(self) -> int | None:
        """The primary's timeline, which every promotion raises by one; None without a primary."""
        seen = self.observe()
        name = primary(seen)
        return int(patroni_members(seen)[name]["timeline"]) if name else None

    def front_door_holder(self) -> Host:
        """The host that holds the shared address.

        Raises:
            ClusterError: None or several do, as for a moment while it moves.
        """
        seen = self.observe()
        holders = [name for name, item in seen.items() if item.holds_front_door]
        if len(holders) != 1:
            raise ClusterError(f"the front door's address is on {holders or 'no host'}")
        return self.hosts[holders[0]]

    def instances_in_rotation(self) -> dict[str, set[str]]:
        """Per front door, the MLflow instances it sends clients to."""
        seen = self.observe()
        return {door: set(seen[door].rotation) for door in self.site.layout.names("lb")}

    def postmaster_pid(self, host: Host) -> int:
        """The postmaster's process, or 0."""
        return postmaster_pid(self.site, host.name)

    def service_pid(self, host: Host, service: str) -> int:
        """The process that supervisord started for a service, or 0.

        Raises:
            ClusterError: The host does not answer, or has no such service.
        """
        try:
            found = supervision.processes(self.site.socket(host.name, "supervisor"))
        except OSError as error:
            raise ClusterError(f"{host.name} does not answer: {error}") from error
        for process in found:
            if process.name == service:
                return process.pid
        known = ", ".join(process.name for process in found)
        raise ClusterError(f"{host.name} has no service {service!r}. It has: {known}")

    def restart(self, host: Host, service: str, within: float) -> None:
        """Stop a service as an operator does, and start it again.

        Raises:
            OSError: The host's supervisor did not answer within `within` seconds.
        """
        supervision.restart(self.site.socket(host.name, "supervisor"), service, timeout=within)

    def log(self, host: Host, service: str) -> Path:
        return self.site.log(host.name) / f"{service}.log"

    def versions(self) -> dict[str, str]:
        """Exact versions of what runs."""
        programs = self.site.programs
        found = {name: version(name) for name in ("mlflow", "patroni", "swift", "supervisor")}
        for name, command in {
            "postgresql": [str(programs.postgres / "postgres"), "--version"],
            "haproxy": [programs["haproxy"], "-v"],
            "pgbouncer": [programs["pgbouncer"], "--version"],
            "etcd": [programs["etcd"], "--version"],
        }.items():
            done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=10)
            found[name] = done.stdout.splitlines()[0].strip()
        return found


def attach(state: Path | None = None) -> Cluster:
    """Find a running cluster.

    Args:
        state: Its state folder; by default the one of this checkout.

    Raises:
        ClusterError: None was ever started there, or none of its hosts lives.
    """
    folder = State(state or default_state())
    try:
        site = folder.site()
    except FileNotFoundError:
        raise ClusterError(
            f"no cluster has been started in {folder.path}. Start one with `make up`"
        ) from None
    except (LocalError, json.JSONDecodeError) as error:
        raise ClusterError(str(error)) from error
    cluster = Cluster(site=site, hosts=hosts_of(site))
    if not any(host.alive for host in cluster.hosts.values()):
        raise ClusterError(f"the cluster in {folder.path} is down. Start it with `make up`")
    return cluster
