"""What there is to tell of the tracking server, and whether that is well."""

from __future__ import annotations

import importlib.metadata
import os
import platform
import socket
from contextlib import suppress
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any

from mlflow.version import VERSION

from mlflow_ha.breaker import State
from mlflow_ha.census import Queue, queue_of
from mlflow_ha.server import Server, known, server_at
from mlflow_ha.settings import MLflowSettings, SettingsError, current


class Health(StrEnum):
    """Of what this process can do with MLflow."""

    HEALTHY = "healthy"
    DEGRADED = "degraded"
    """Nothing is lost: the server is away and calls are kept, or it refused something."""
    UNAVAILABLE = "unavailable"
    """Calls fail."""


@dataclass(frozen=True)
class Report:
    """The tracking server and its queue at one moment."""

    server: str
    state: State
    retry_after: float
    failures: int
    queue: Queue
    spooling: bool

    @property
    def health(self) -> Health:
        if self.state is State.OPEN:
            return Health.DEGRADED if self.spooling else Health.UNAVAILABLE
        return Health.DEGRADED if self.queue.refused else Health.HEALTHY

    @property
    def body(self) -> dict[str, Any]:
        return {
            "state": self.state,
            "server": self.server,
            "retry_after": round(self.retry_after, 1),
            "failures": self.failures,
            "queued": self.queue.waiting,
            "oldest_seconds": round(self.queue.oldest_seconds, 1),
            "refused": self.queue.refused,
        }


def tracking_server(settings: MLflowSettings) -> Server:
    """Return the server that MLflow is to use.

    Raises:
        SettingsError: There is none.
    """
    uri = settings.effective_tracking_uri
    if not uri.startswith(("http://", "https://")):
        raise SettingsError(
            f"the tracking URI {uri} is no http address, so that there is no server to tell of. "
            "Set MLFLOW_TRACKING_URI"
        )
    return server_at(uri, settings)


def report() -> Report:
    """Return how things are now.

    Raises:
        SettingsError: There is no tracking server, or a setting cannot be used.
        SpoolError: What waits cannot be read.
    """
    settings = current()
    server = tracking_server(settings)
    return Report(
        server.address,
        server.breaker.state,
        server.breaker.retry_after,
        server.breaker.failure_count,
        queue_of(settings.spool_dir, server.address),
        settings.spool,
    )


def details() -> dict[str, Any]:
    """Return what helps to find out why: every server of this process, versions, settings."""
    settings = current()
    return {
        "servers": [
            {
                "server": server.address,
                "state": server.breaker.state,
                "retry_after": round(server.breaker.retry_after, 1),
                "failures": server.breaker.failure_count,
                "tells_repeats_apart": server.tells_repeats_apart,
                "queue": asdict(queue_of(settings.spool_dir, server.address)),
            }
            for server in known()
        ],
        "versions": {
            "mlflow-ha": _own_version(),
            "mlflow": VERSION,
            "python": platform.python_version(),
        },
        "settings": settings.model_dump(
            mode="json", exclude={"health_token", "alert_webhook", "tracking_uri"}
        ),
        "process": {"host": socket.gethostname(), "pid": os.getpid()},
    }


def _own_version() -> str | None:
    # Code that was copied beside a program has none.
    with suppress(importlib.metadata.PackageNotFoundError):
        return importlib.metadata.version("mlflow-ha")
    return None
