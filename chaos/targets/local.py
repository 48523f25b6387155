"""The cluster on this machine as a target: hosts, addressed by the role they play right now."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from chaos.target import Fault, FaultMissed, FrontDoor, NotPossible, TargetError
from local.cluster import Cluster, ClusterError, attach
from local.hosts import Host, NotSupported


def open_local() -> LocalTarget:
    """Attach to the running local cluster.

    Raises:
        TargetError: No cluster runs; the text says how to start one.
    """
    try:
        return LocalTarget(attach())
    except ClusterError as error:
        raise TargetError(str(error)) from error


class LocalTarget:
    """A running local cluster."""

    name = "local"

    def __init__(self, cluster: Cluster) -> None:
        self._cluster = cluster

    def front_door(self) -> FrontDoor:
        env = self._cluster.client_environment()
        return FrontDoor(
            url=env["MLFLOW_TRACKING_URI"],
            username=env["MLFLOW_TRACKING_USERNAME"],
            password=env["MLFLOW_TRACKING_PASSWORD"],
        )

    def fault(self, verb: str, role: str) -> Fault:
        hosts = self._in_role(role)
        if verb == "kill":
            return HostsKilled(hosts)
        if verb == "freeze":
            return HostsFrozen(hosts, self._answering)
        if verb == "crash" and role == "primary":
            [host] = hosts
            return PostmasterKilled(host.name, self._cluster.postmaster_pid(host))
        raise NotPossible(
            f"the local target cannot {verb} {role!r}: it can kill or freeze the hosts of any role "
            "and crash 'primary'"
        )

    def missing(self) -> list[str]:
        return self._cluster.missing()

    def instances(self) -> Mapping[str, str]:
        apps = self._named("app")
        return {host.name: str(self._cluster.service_pid(host, "mlflow")) for host in apps}

    def in_rotation(self) -> Mapping[str, frozenset[str]]:
        rotation = self._cluster.instances_in_rotation()
        return {balancer: frozenset(names) for balancer, names in rotation.items()}

    def versions(self) -> Mapping[str, str]:
        return self._cluster.versions()

    def _named(self, prefix: str) -> list[Host]:
        hosts = self._cluster.hosts
        return [hosts[name] for name in sorted(hosts) if name.startswith(f"{prefix}-")]

    def _in_role(self, role: str) -> list[Host]:
        if role == "databases":
            return self._named("db")
        if role == "instance":
            return self._named("app")[:1]
        if role == "front-doors":
            return self._named("lb")
        if role == "front-door":
            return [self._cluster.front_door_holder()]
        if role not in ("primary", "standbys"):
            raise NotPossible(f"the local target knows no role {role!r}. Correct the drill")
        primary = self._cluster.primary()
        if primary is None:
            raise FaultMissed(f"nobody is primary now, so {role!r} names no host")
        if role == "primary":
            return [primary]
        return [host for host in self._named("db") if host.name != primary.name]

    def _answering(self, hosts: Sequence[Host]) -> list[str]:
        seen = self._cluster.observe()
        return [host.name for host in hosts if seen[host.name].processes]


class HostsKilled:
    """Hosts lose power; healing boots them with the data they had."""

    needs_healing = True

    def __init__(self, hosts: Sequence[Host]) -> None:
        self.description = f"kill {_names(hosts)}"
        self._hosts = hosts
        self._pids = {host.name: host.pids() for host in hosts}
        self._down = False

    def inject(self) -> None:
        self._down = True
        _each(self._hosts, lambda host: host.kill())

    def landed(self) -> str | None:
        for host in self._hosts:
            pids = self._pids[host.name]
            if not pids:
                return f"{host.name} had no process to kill"
            if left := [pid for pid in pids if _runs(pid)]:
                return f"{host.name} still runs {len(left)} of {len(pids)} processes"
            if host.alive:
                return f"{host.name} is alive again"
        return None

    def heal(self) -> None:
        if self._down:
            for host in self._hosts:
                host.boot()
            self._down = False


class HostsFrozen:
    """Hosts stand still with their connections open; healing lets them go on."""

    needs_healing = True

    def __init__(
        self, hosts: Sequence[Host], answering: Callable[[Sequence[Host]], list[str]]
    ) -> None:
        self.description = f"freeze {_names(hosts)}"
        self._hosts = hosts
        self._answering = answering
        self._frozen = False

    def inject(self) -> None:
        self._frozen = True
        _each(self._hosts, lambda host: host.freeze())

    def landed(self) -> str | None:
        awake = self._answering(self._hosts)
        return f"{', '.join(awake)} still answers" if awake else None

    def heal(self) -> None:
        if self._frozen:
            for host in self._hosts:
                host.thaw()
            self._frozen = False


class PostmasterKilled:
    """SIGKILL for PostgreSQL's first process; Patroni is expected to repair it."""

    needs_healing = False

    def __init__(self, host: str, pid: int) -> None:
        """Aim at one process.

        Args:
            host: Where it runs.
            pid: Its process id.

        Raises:
            FaultMissed: There is no such process. (kill(0) would hit the drill itself.)
        """
        if pid <= 1:
            raise FaultMissed(f"{host} runs no postmaster that could be killed")
        self.description = f"SIGKILL the postmaster of {host}"
        self._pid = pid

    def inject(self) -> None:
        os.kill(self._pid, signal.SIGKILL)

    def landed(self) -> str | None:
        return f"postmaster {self._pid} still runs" if _runs(self._pid) else None

    def heal(self) -> None:
        """Nothing to undo."""


def _each(hosts: Sequence[Host], act: Callable[[Host], None]) -> None:
    for host in hosts:
        try:
            act(host)
        except NotSupported as error:
            raise NotPossible(str(error)) from error


def _names(hosts: Sequence[Host]) -> str:
    return ", ".join(host.name for host in hosts)


def _runs(pid: int) -> bool:
    """Whether a process still does something: a zombie is dead, only not yet buried."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace")
    except (FileNotFoundError, ProcessLookupError):
        return False
    return stat.rpartition(")")[2].split()[0] not in "ZX"
