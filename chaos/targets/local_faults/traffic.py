"""Hosts whose packets are dropped: some of them, those of some peers, or all."""

from __future__ import annotations

from collections.abc import Sequence

from chaos.targets.local_faults.hosts import each, listed
from local.hosts import Host
from local.traffic import Cut, Loss


class HostsTroubled:
    """Packets of hosts vanish until it is healed; proven by how many already did."""

    needs_healing = True

    def __init__(self, what: str, hosts: Sequence[Host], trouble: Cut | Loss) -> None:
        self.description = f"{what} {listed(hosts)}"
        self._hosts = hosts
        self._trouble = trouble
        self._in_place = False

    def inject(self) -> None:
        self._in_place = True
        each(self._hosts, lambda host: host.trouble(self._trouble))

    def landed(self) -> str | None:
        untouched = [host for host in self._hosts if not host.packets_hit()]
        return f"no packet of {listed(untouched)} was dropped yet" if untouched else None

    def heal(self) -> None:
        if self._in_place:
            each(self._hosts, lambda host: host.reconnect())
            self._in_place = False
