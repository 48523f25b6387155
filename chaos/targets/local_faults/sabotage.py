"""Writes that vanish or appear twice behind everybody's back: only negative controls do this.

No failure of the cluster is known to bring these about, so the ledger's two gravest verdicts would
never be seen to work.
"""

from __future__ import annotations

from local.cluster import Cluster
from local.database import cursor
from local.hosts import Host
from local.services.pgbouncer import DATABASE

FORGET = """
    DELETE FROM model_versions WHERE (name, version) IN (
        SELECT name, version FROM model_versions WHERE name LIKE 'drill-%'
        ORDER BY creation_time DESC LIMIT 1
    ) RETURNING name
"""
DOUBLE = """
    INSERT INTO model_versions
        (workspace, name, version, creation_time, last_updated_time, description, current_stage,
         source, run_id, status, storage_location)
    SELECT workspace, name, version + 1000000, creation_time, last_updated_time, description,
        current_stage, source, run_id, status, storage_location
    FROM model_versions WHERE name LIKE 'drill-%' ORDER BY creation_time DESC LIMIT 1
    RETURNING name
"""


class WriteTamperedWith:
    """One statement on the primary's rows, done when it has changed exactly one."""

    needs_healing = False

    def __init__(self, what: str, cluster: Cluster, primary: Host, statement: str) -> None:
        self.description = f"{what} the newest model version on {primary.name}"
        self._cluster = cluster
        self._primary = primary
        self._statement = statement
        self._changed = 0

    def inject(self) -> None:
        with cursor(self._cluster.site, self._primary, database=DATABASE, within=10) as database:
            database.execute(self._statement)
            self._changed = len(database.fetchall())

    def landed(self) -> str | None:
        return None if self._changed == 1 else f"{self._changed} rows were changed"

    def heal(self) -> None:
        """Nothing to undo: the drill's models belong to the drill."""
