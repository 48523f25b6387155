"""The MLflow fleet: how many instances, and how much each may do at once."""

from __future__ import annotations

import math
from typing import Annotated

from pydantic import Field

from setting_groups.frozen import Frozen, Seconds


class Tracking(Frozen):
    """The MLflow fleet: how many instances, and how much each may do at once."""

    instances: Annotated[int, Field(ge=1, le=20)] = 3
    max_instances: Annotated[int, Field(ge=1, le=40)] | None = None
    """What autoscaling may grow to; none: no more than `instances`."""
    surge_instances: Annotated[int, Field(ge=1, le=20)] = 1
    """Instances that exist beyond `instances` during a deployment, for the connection budget."""
    api_concurrency: Annotated[int, Field(ge=1, le=38)] = 8
    """Requests of one instance that may use the database at once. MLflow runs them on 40 threads
    (anyio's default), two of which stay free for everything else."""
    artifact_concurrency: Annotated[int, Field(ge=1, le=38)] = 8
    queue_seconds: Seconds = 15
    """Longest wait for a free slot before the answer is 503 with Retry-After."""
    nested_connections: Annotated[int, Field(ge=1)] = 4
    """Connections one request holds at once from the tracking engine: log_batch that renames its
    run has four sessions open (measured; server/src/mlflow_ha_server/pool.py)."""
    auth_cache_seconds: Annotated[int, Field(ge=1, le=600)] = 60
    """How long a changed password may still be accepted by an instance that did not see it."""
    client_timeout: Seconds = 120
    """The longest request: MLflow's own client gives up after this (MLFLOW_HTTP_REQUEST_TIMEOUT)."""

    @property
    def most_instances(self) -> int:
        return self.max_instances or self.instances

    @property
    def deployment_percent(self) -> int:
        """ECS's maximumPercent: the surge, as a share of the smallest fleet (ECS rounds down)."""
        return math.ceil(100 * (self.instances + self.surge_instances) / self.instances)

    @property
    def peak_instances(self) -> int:
        """Instances at once when the largest fleet is being replaced.

        ECS counts those that start and those that run; one wave more is draining, and holds its
        connections until it has ended.
        """
        return self.most_instances * self.deployment_percent // 100 + self.surge_instances

    def mistakes(self) -> list[str]:
        """The fleet can grow."""
        if self.most_instances < self.instances:
            return [
                (
                    f"max_instances {self.max_instances}: is below instances {self.instances}. Raise it "
                    f"to {self.instances} or more, or remove it"
                )
            ]
        return []

    @property
    def pool_size(self) -> int:
        """Connections of the tracking engine, so that no set of requests can deadlock.

        C requests that hold d - 1 connections each, waiting for their last, leave one of
        C x (d - 1) + 1 free; one more is for `/writable`, which goes through the same pool.
        """
        return self.api_concurrency * (self.nested_connections - 1) + 2

    @property
    def connections_per_instance(self) -> int:
        """The most connections one instance can have open, over its four engines.

        Beside tracking: registry (2 at once per request), authentication (1) and jobs (1);
        tests/unit/test_connection_budget.py holds this to what the server itself counts.
        """
        registry, authentication, jobs = self.api_concurrency + 1, self.api_concurrency // 2 + 1, 2
        return self.pool_size + registry + authentication + jobs
