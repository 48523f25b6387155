"""The archive of the primary's WAL: cut off from it, and looked into."""

from __future__ import annotations

from collections.abc import Sequence

from chaos.archive_probes import Progress
from chaos.targets.local_faults.roles import in_role
from chaos.targets.local_faults.traffic import HostsTroubled
from local.archive import WalArchive, close_segment, progress
from local.cluster import Cluster
from local.hosts import Host
from local.traffic import Cut
from local.waiting import wait_for

SENT_WITHIN = 30.0
"""Seconds until the archiver has begun to send a segment that was closed for it."""


class ArchiveCutOff(HostsTroubled):
    """Packets between a database host and the object store's door vanish; all others arrive.

    A database host has nothing else to do at that door.
    """

    def __init__(self, cluster: Cluster, primary: Host) -> None:
        door = Cut(peers=(cluster.site.layout.front_door,))
        super().__init__("cut the archive off from", [primary], door)
        self._cluster = cluster
        self._primary = primary

    def inject(self) -> None:
        """Cut, and close a segment: an archiver without work would notice nothing."""
        super().inject()
        close_segment(self._cluster.site, self._primary)
        wait_for("the archiver sends", lambda: self.landed() is None, within=SENT_WITHIN)


class LocalArchive:
    """Asked through whoever is the primary at each moment."""

    def __init__(self, cluster: Cluster) -> None:
        self._cluster = cluster

    def progress(self) -> Progress | None:
        primary = self._cluster.primary()
        seen = primary and progress(self._cluster.site, primary)
        if not seen:
            return None
        return Progress(
            archived=seen.archived, failed=seen.failed, waiting=seen.waiting, failing=seen.failing
        )

    def close_segment(self) -> str:
        [primary] = in_role(self._cluster, "primary")
        return close_segment(self._cluster.site, primary)

    def flaws(self, first: str, last: str) -> Sequence[str]:
        archive = WalArchive(self._cluster.site)
        return [
            *(f"{name} is missing" for name in archive.gaps(first, last)),
            *(f"{name} was overwritten with something else" for name in archive.overwritten()),
        ]
