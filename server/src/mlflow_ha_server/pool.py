"""How many connections each pool needs so that no set of requests can deadlock it.

The argument, for one engine. At most ``concurrency`` requests run at once
(slots.py enforces it). A request holds at most ``depth`` connections of the
engine at one moment, and while it holds one it asks no other engine for another.
One that waits for a connection therefore holds at most ``depth - 1``. In a
deadlock every connection of the pool is held by a request that itself waits for
this pool, so at most ``concurrency * (depth - 1)`` are held. A pool with one more
always has a connection which is free or held by a request that waits for nothing;
that one finishes, returns it, and somebody moves on.

Work that holds one connection and waits for no second (an artifact transfer, a
webhook's delivery, the probe of /writable) is never part of such a cycle, however
much of it there is. The tracking pool has one more, so that the probe is not the
reason for which the last connection is missing.

The depths are MLflow 3.17.2's: read from its stores and measured over its
endpoints by tests/cluster/server/test_connection_depth.py. Each line of the
access log carries its own request's; one above these is logged as an error.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

TRACKING, REGISTRY, AUTH, JOBS = "tracking", "registry", "auth", "jobs"

DEPTH: Final[Mapping[str, int]] = {
    # log_batch -> _set_tags -> set_tag -> update_run_info, each with a session of
    # its own, if a tag is mlflow.runName (store/tracking/sqlalchemy_store.py).
    TRACKING: 4,
    # create_registered_model reads the model whose name is taken.
    REGISTRY: 2,
    AUTH: 1,
    # Opened although job execution is off: the job API exists.
    JOBS: 1,
}
"""Connections one request holds at once, at most, by engine."""

PROBE_CONNECTIONS: Final = 1


@dataclass(frozen=True)
class Pools:
    """Connections of each engine's pool, the most it can have open."""

    tracking: int
    registry: int
    auth: int
    jobs: int

    @property
    def total(self) -> int:
        """Connections one instance can have open at most."""
        return self.tracking + self.registry + self.auth + self.jobs


def smallest_safe(concurrency: int, depth: int) -> int:
    """Return the smallest pool that cannot deadlock.

    Args:
        concurrency: requests that may use the engine at once.
        depth: connections one request holds at once, at most.
    """
    if concurrency < 1 or depth < 1:
        raise ValueError(f"concurrency={concurrency} and depth={depth}: both must be 1 or more")
    return concurrency * (depth - 1) + 1


def smallest_safe_tracking(concurrency: int) -> int:
    """Return the smallest tracking pool, the probe's connection included."""
    return smallest_safe(concurrency, DEPTH[TRACKING]) + PROBE_CONNECTIONS


def pools(tracking: int, concurrency: int) -> Pools:
    """Return all pools of an instance whose tracking pool and cap are given.

    Args:
        tracking: connections of the tracking engine.
        concurrency: API requests at once.
    """
    return Pools(
        tracking=tracking,
        registry=smallest_safe(concurrency, DEPTH[REGISTRY]),
        # Any number is safe at depth 1; half the requests can check a login at once.
        auth=concurrency // 2 + smallest_safe(concurrency, DEPTH[AUTH]),
        jobs=1 + smallest_safe(concurrency, DEPTH[JOBS]),
    )
