"""The tasks on Fargate: their size, their image, when there are more of them."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from setting_groups.frozen import Frozen, Share

FARGATE_MEMORY_MIB = {
    256: (512, 1024, 2048),
    512: tuple(range(1024, 4096 + 1, 1024)),
    1024: tuple(range(2048, 8192 + 1, 1024)),
    2048: tuple(range(4096, 16384 + 1, 1024)),
    4096: tuple(range(8192, 30720 + 1, 1024)),
}
"""MiB that may go with CPU units.
https://docs.aws.amazon.com/AmazonECS/latest/developerguide/fargate-tasks-services.html"""
SYSTEM_GIB = 5
"""Of a task's disk: its image, logs and what MLflow unpacks."""
LONGEST_STOP = 120
"""Seconds Fargate waits at most between SIGTERM and SIGKILL."""
_LAST_GRACE = 5


class Service(Frozen):
    """One task of the fleet, and the fleet's growth."""

    image: Annotated[
        str,
        Field(
            pattern=r"^\d{12}\.dkr\.ecr\.[a-z0-9-]+\.amazonaws\.com/[a-z0-9/_-]+@sha256:[0-9a-f]{64}$"
        ),
    ]
    """In the ECR repository of the bootstrap stack, by digest: what runs can be rebuilt and checked,
    and a restart never picks up something else."""
    cpu: int = 1024
    memory_mib: int = 2048
    ephemeral_gib: Annotated[int, Field(ge=21, le=200)] = 45
    largest_artifact_gib: Annotated[int, Field(ge=1, le=20)] = 5
    """MLflow stages a whole object on disk before the first byte of a proxied download leaves."""
    cpu_target: Share = 0.6
    """Mean use of the fleet's CPU that autoscaling keeps."""
    requests_per_instance: Annotated[int, Field(ge=1)] = 1200
    """Requests a minute and task that autoscaling keeps: half of what one task sustained."""
    schema_wait_seconds: Annotated[int, Field(ge=0, le=3600)] = 120
    """How long a starting server waits for the schema and the database."""
    drain_seconds: Annotated[int, Field(ge=1, le=110)] = 25
    """How long a leaving server lets requests finish."""

    @property
    def start_limit(self) -> int:
        """Seconds a task may take until its health counts: the schema, and MLflow's own imports."""
        return self.schema_wait_seconds + 60

    @property
    def stop_timeout(self) -> int:
        """Seconds between SIGTERM and SIGKILL: the drain, and some to leave in order."""
        return min(self.drain_seconds + _LAST_GRACE, LONGEST_STOP)

    def mistakes(self) -> list[str]:
        """Fargate offers such a task."""
        offered = FARGATE_MEMORY_MIB.get(self.cpu)
        if offered is None:
            known = ", ".join(str(cpu) for cpu in FARGATE_MEMORY_MIB)
            return [f"cpu {self.cpu}: Fargate offers {known} units. Choose one of them"]
        if self.memory_mib not in offered:
            choices = ", ".join(str(size) for size in offered)
            return [
                (
                    f"memory_mib {self.memory_mib}: with cpu {self.cpu} Fargate offers {choices}. "
                    "Choose one of them"
                )
            ]
        return []
