"""The primary gets a small disk, in preparation of filling it."""

from __future__ import annotations

from chaos.target import FaultMissed, NotPossible
from local import volume
from local.cluster import Cluster
from local.errors import ClusterError
from local.hosts import Host, NotSupported
from local.switchover import switch_over
from local.waiting import wait_for

WHOLE_WITHIN = 90.0


class DiskLimited:
    """A standby restarts on a volume of its own and is made the primary; no client fails."""

    needs_healing = True

    def __init__(self, cluster: Cluster, standby: Host) -> None:
        self.description = f"put {standby.name} on a small disk and make it the primary"
        self._cluster = cluster
        self._host = standby

    def inject(self) -> None:
        self._host.kill()
        try:
            volume.limit(self._cluster.site, self._host.name)
        except NotSupported as error:
            raise NotPossible(str(error)) from error
        finally:
            self._host.boot()
        try:
            wait_for(
                "nothing is missing",
                lambda: not self._cluster.missing(),
                within=WHOLE_WITHIN,
                every=0.5,
            )
            switch_over(self._cluster, lambda _said: None)
        except ClusterError as error:
            raise FaultMissed(str(error)) from error

    def landed(self) -> str | None:
        primary = self._cluster.primary()
        if primary is None or primary.name != self._host.name:
            return f"the primary is {primary.name if primary else 'nobody'}"
        return None

    def heal(self) -> None:
        if volume.mounted(self._cluster.site.data(self._host.name)):
            self._host.kill()
            volume.release(self._cluster.site, self._host.name)
            self._host.boot()
