"""A page on a standby's disk that rots in silence."""

from __future__ import annotations

import httpx

from chaos.targets.local_faults.roles import in_role
from local import checksums
from local.cluster import Cluster
from local.database import cursor
from local.hosts import Host
from local.layout import PATRONI
from local.services.pgbouncer import DATABASE
from local.waiting import wait_for

TABLE = "pg_description"
"""Nobody writes to it, so PostgreSQL neither repairs the page by chance nor reads it."""
PAGE, WITHIN_PAGE = 8192, 4096
ROT = b"\xa5" * 64
COPIED_WITHIN = 120.0
CHECKPOINT_WITHIN = 60.0


class PageCorrupted:
    """Some bytes of a standby's file change; healing copies the whole node from the primary."""

    needs_healing = True

    def __init__(self, cluster: Cluster, standby: Host) -> None:
        self.description = f"corrupt a page of {standby.name}"
        self._cluster = cluster
        self._host = standby
        self._rotten = False

    def inject(self) -> None:
        """Change the page, once a backup would look at it: it passes over what is newer than itself."""
        self._make_all_pages_old()
        site = self._cluster.site
        with cursor(site, self._host, database=DATABASE, within=30) as database:
            database.execute("SELECT pg_relation_filepath(%s)", (TABLE,))
            [path] = database.fetchone()
        self._rotten = True
        with (site.data(self._host.name) / "postgres" / path).open("r+b") as file:
            file.seek(PAGE + WITHIN_PAGE)
            file.write(ROT)

    def landed(self) -> str | None:
        found = checksums.damage(self._cluster.site, self._host)
        return (
            None if found and "checksum" in found else f"the check said: {found or 'all is well'}"
        )

    def heal(self) -> None:
        """What an operator does: have Patroni take a fresh copy, then check it."""
        if not self._rotten:
            return
        with self._host.entered():
            answer = httpx.post(
                f"http://{self._host.address}:{PATRONI}/reinitialize",
                json={"force": True},
                auth=("patroni", self._cluster.site.passwords.patroni_api),
                timeout=30,
            )
        answer.raise_for_status()
        wait_for("a fresh copy without damage", self._fresh, within=COPIED_WITHIN, every=2)
        self._rotten = False

    def _make_all_pages_old(self) -> None:
        """A standby's backup begins at its last restartpoint, which follows a checkpoint elsewhere."""
        site, [primary] = self._cluster.site, in_role(self._cluster, "primary")
        with cursor(site, primary, within=CHECKPOINT_WITHIN) as database:
            database.execute("CHECKPOINT")
            database.execute("SELECT pg_current_wal_lsn()")
            [reached] = database.fetchone()
        with cursor(site, self._host, within=CHECKPOINT_WITHIN) as database:

            def replayed() -> bool:
                database.execute("SELECT pg_last_wal_replay_lsn() >= %s::pg_lsn", (reached,))
                return bool(database.fetchone()[0])

            wait_for(f"{self._host.name} has replayed {reached}", replayed, within=30, every=0.1)
            database.execute("CHECKPOINT")

    def _fresh(self) -> bool:
        if any(self._host.name in gap for gap in self._cluster.missing()):
            return False
        return checksums.damage(self._cluster.site, self._host) is None
