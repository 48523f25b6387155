"""What a program or a person can ask of the spool."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from mlflow_ha.address import redacted
from mlflow_ha.deadline import Deadline
from mlflow_ha.settings import current

if TYPE_CHECKING:
    from mlflow.entities.model_registry import ModelVersion


@dataclass(frozen=True)
class Status:
    """A server as this process sees it.

    Attributes:
        server: Its address, without credentials.
        state: Of the circuit breaker: CLOSED, OPEN or HALF_OPEN.
        retry_after: Seconds until a server that is away is tried again, at the latest.
        queued: Operations that wait for it in the spool; 0 without one.
        refused: Operations that the server refused, and that are kept.
        oldest_seconds: Since the oldest that waits was asked for; 0 where none does.
    """

    server: str
    state: str
    retry_after: float
    queued: int
    refused: int
    oldest_seconds: float


def status() -> Status:
    """Return how the tracking server is seen, and what waits for it.

    Raises:
        SpoolError: The spool cannot be read.
    """
    from mlflow_ha.census import queue_of  # noqa: PLC0415  (slow to import)
    from mlflow_ha.server import server_at  # noqa: PLC0415

    settings = current()
    server = server_at(settings.effective_tracking_uri, settings)
    queue = queue_of(settings.spool_dir, server.address)
    return Status(
        server.address,
        server.breaker.state,
        server.breaker.retry_after,
        queue.waiting,
        queue.refused,
        queue.oldest_seconds,
    )


def flush(timeout: float | None = None) -> bool:
    """Wait until everything that waits now has been sent, whichever process left it there.

    Args:
        timeout: Seconds; none: the deadline of a call.

    Returns:
        False if something still waits then.

    Raises:
        SpoolError: The spool cannot be used.
        MlflowException: What the server refused of what this process logged (MLFLOW_HA_COALESCE=1).
    """
    from mlflow_ha.coalescing import collectors, journal  # noqa: PLC0415  (slow to import)
    from mlflow_ha.spool.folder import all_folders  # noqa: PLC0415
    from mlflow_ha.spool.keeper import keeper_to  # noqa: PLC0415

    settings = current()
    deadline = Deadline.after(settings.deadline if timeout is None else timeout)
    flushed = [collectors.flush_all(deadline)]
    for folder in all_folders(settings.spool_dir):
        journal.adopt(folder)
        flushed.append(keeper_to(_with_credentials(folder.server)).worker.flush(deadline.left))
    collectors.tell_all()
    return all(flushed)


def resolve(model_version: ModelVersion, timeout: float = 0.0) -> ModelVersion:
    """Return the version that the server gave a registration which was made while it was away.

    Args:
        model_version: As it was returned then; one that the server gave is returned as it is.
        timeout: Seconds to wait for the server to have it.

    Raises:
        TrackingUnavailable: It is still pending.
        MlflowException: The server refused it.
    """
    from mlflow import MlflowClient, get_registry_uri  # noqa: PLC0415  (slow to import)

    from mlflow_ha.errors import TrackingUnavailable  # noqa: PLC0415
    from mlflow_ha.spool.keeper import keeper_to  # noqa: PLC0415
    from mlflow_ha.spool.naming import is_local_version  # noqa: PLC0415

    name, number = model_version.name, str(model_version.version)
    if not is_local_version(number):
        return model_version
    keeper = keeper_to(get_registry_uri())
    if keeper.names.is_pending(number):
        keeper.worker.flush(timeout)
    known = keeper.names.known([number])
    if known and known[0].remote is None and known[0].lost is None:
        breaker = keeper.sender.server.breaker
        raise TrackingUnavailable(
            f"the registration of {name} still waits in the spool",
            server=keeper.sender.server.address,
            state=breaker.state,
            retry_after=breaker.retry_after,
            queued=keeper.log.length,
        )
    return MlflowClient().get_model_version(name, number)


def _with_credentials(server: str) -> str:
    """Return the address as the environment has it, where that is the same server."""
    configured = current().effective_tracking_uri
    return configured if redacted(configured) == server else server
