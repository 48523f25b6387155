"""PostgreSQL: its nodes, its connections, and how a dead primary is noticed and replaced."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from setting_groups.frozen import Frozen, Seconds

# Patroni raises a smaller lease to 20 s without a word (patroni 4.1, config.py and validator.py).
SMALLEST_LEASE = 20


class Database(Frozen):
    """PostgreSQL: the nodes and the connections it grants."""

    nodes: Annotated[int, Field(ge=1, le=9)] = 3
    synchronous_nodes: Annotated[int, Field(ge=1)] = 1
    """Standbys that must have a commit before it is acknowledged (Patroni's quorum)."""
    max_connections: Annotated[int, Field(ge=20, le=5000)] = 250
    operator_connections: Annotated[int, Field(ge=5)] = 15
    """Kept for Patroni, replication, migrations and people; the fleet never gets them."""
    lock_timeout: Seconds = 10

    @property
    def usable_connections(self) -> int:
        return self.max_connections - self.operator_connections


class Failover(Frozen):
    """How a dead primary is noticed and replaced. Measured: docs/evidence/drills.json."""

    lease: Annotated[int, Field(ge=SMALLEST_LEASE)] = 20
    loop_wait: Annotated[int, Field(ge=1)] = 1
    retry_timeout: Annotated[int, Field(ge=3)] = 3
    maximum_lag_bytes: Annotated[int, Field(ge=1)] = 1 << 20
    check_interval_ms: Annotated[int, Field(ge=100)] = 500
    """How often a balancer asks; after a first failure it asks at half this interval."""
    checks_to_fall: Annotated[int, Field(ge=1)] = 2
    tcp_user_timeout_ms: Annotated[int, Field(ge=500)] = 3000
    query_wait: Seconds = 10
    """How long the pooler holds a query while no primary is known, before it gives up."""

    def mistakes(self) -> list[str]:
        """A lease outlives two retries of its holder."""
        floor = self.loop_wait + 2 * self.retry_timeout
        if self.lease < floor:
            return [
                (
                    f"lease {self.lease} s is shorter than loop_wait + 2 x retry_timeout = {floor} s: "
                    f"a primary would lose its lease while still retrying. Raise lease to {floor}"
                )
            ]
        return []
