"""Services that are restarted on purpose, one host after another."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from chaos.targets.local_faults.hosts import listed
from local.cluster import Cluster
from local.hosts import Host
from local.waiting import wait_for

RESTART_WITHIN = 60.0
"""An instance lets its requests end (25 s) and starts again."""
RETURN_WITHIN = 60.0


class RollingRestart:
    """Each instance is stopped, started and waited for before the next one's turn."""

    needs_healing = False

    def __init__(
        self,
        cluster: Cluster,
        hosts: Sequence[Host],
        service: str,
        restart: Callable[[Host, str, float], None],
    ) -> None:
        self.description = f"restart {service} on {listed(hosts)}, one after another"
        self._cluster = cluster
        self._hosts = hosts
        self._service = service
        self._restart = restart
        self._before = self._pids()

    def inject(self) -> None:
        for host in self._hosts:
            self._restart(host, self._service, RESTART_WITHIN)
            wait_for(
                f"{host.name} is back at every front door",
                lambda name=host.name: self._at_every_door(name),  # type: ignore[misc]
                within=RETURN_WITHIN,
            )

    def landed(self) -> str | None:
        now = self._pids()
        same = [name for name, pid in self._before.items() if now[name] == pid]
        return f"{', '.join(same)} was not restarted" if same else None

    def heal(self) -> None:
        """Nothing to undo."""

    def _pids(self) -> dict[str, int]:
        return {h.name: self._cluster.service_pid(h, self._service) for h in self._hosts}

    def _at_every_door(self, name: str) -> bool:
        return all(name in names for names in self._cluster.instances_in_rotation().values())
