"""The primary moves on purpose."""

from __future__ import annotations

from chaos.target import FaultMissed
from local.cluster import Cluster
from local.errors import ClusterError
from local.hosts import Host
from local.switchover import switch_over


class PlannedSwitchover:
    """What an operator does before touching a database host; nothing is broken by it."""

    needs_healing = False

    def __init__(self, cluster: Cluster, primary: Host) -> None:
        self.description = f"switch over from {primary.name}"
        self._cluster = cluster
        self._old = primary.name

    def inject(self) -> None:
        try:
            switch_over(self._cluster, lambda _said: None)
        except ClusterError as error:
            raise FaultMissed(str(error)) from error

    def landed(self) -> str | None:
        now = self._cluster.primary()
        if now is None or now.name == self._old:
            return f"the primary is {now.name if now else 'nobody'}"
        return None

    def heal(self) -> None:
        """Nothing to undo."""
