"""The database of a stack: who writes, whether every copy is there, and how it is failed over."""

from __future__ import annotations

from typing import Any

CLUSTER, SINGLE = "multi_az_cluster", "single"


class Database:
    """A Multi-AZ cluster, a Multi-AZ instance or a single one."""

    def __init__(self, session: Any, identifier: str, topology: str) -> None:
        self._rds = session.client("rds")
        self._identifier = identifier
        self._topology = topology

    @property
    def fails_over(self) -> bool:
        """Whether there is anybody to take over."""
        return self._topology != SINGLE

    @property
    def failover_call(self) -> str:
        """How RDS is asked for it, which differs by topology."""
        if self._topology == CLUSTER:
            return f"fail over cluster {self._identifier}"
        return f"reboot {self._identifier} with failover"

    def fail_over(self) -> None:
        """Let a standby take over."""
        if self._topology == CLUSTER:
            self._rds.failover_db_cluster(DBClusterIdentifier=self._identifier)
        else:
            self._rds.reboot_db_instance(DBInstanceIdentifier=self._identifier, ForceFailover=True)

    def writer(self) -> str:
        """Who writes now; for a Multi-AZ instance the zone, since its name never changes."""
        if self._topology != CLUSTER:
            return self.writer_zone()
        return self._writing_member()

    def writer_zone(self) -> str:
        """The zone of whoever writes now; empty while nobody does."""
        if self._topology != CLUSTER:
            return str(self._instances()[0]["AvailabilityZone"])
        writing = self._writing_member()
        return next(
            (
                str(each["AvailabilityZone"])
                for each in self._instances()
                if each["DBInstanceIdentifier"] == writing
            ),
            "",
        )

    def missing(self) -> list[str]:
        """What keeps it from full redundancy, a sentence each."""
        return [
            f"database instance {each['DBInstanceIdentifier']} is {each['DBInstanceStatus']}"
            for each in self._instances()
            if each["DBInstanceStatus"] != "available"
        ]

    def version(self) -> str:
        """Of PostgreSQL."""
        return str(self._instances()[0]["EngineVersion"])

    def _writing_member(self) -> str:
        told = self._rds.describe_db_clusters(DBClusterIdentifier=self._identifier)
        members = told["DBClusters"][0]["DBClusterMembers"]
        return " ".join(each["DBInstanceIdentifier"] for each in members if each["IsClusterWriter"])

    def _instances(self) -> list[dict[str, Any]]:
        if self._topology == CLUSTER:
            ours = [{"Name": "db-cluster-id", "Values": [self._identifier]}]
            told = self._rds.describe_db_instances(Filters=ours)
        else:
            told = self._rds.describe_db_instances(DBInstanceIdentifier=self._identifier)
        found: list[dict[str, Any]] = told["DBInstances"]
        return found
