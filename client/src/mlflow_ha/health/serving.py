"""The health API in a process of its own, which looks at the server by itself."""

from __future__ import annotations

import socket
from collections.abc import Callable
from contextlib import suppress

import uvicorn

from mlflow_ha.errors import MlflowHaError
from mlflow_ha.health.paths import made
from mlflow_ha.health.report import tracking_server
from mlflow_ha.health.watch import watching
from mlflow_ha.settings import current


def serve(host: str, port: int, announce: Callable[[str], None]) -> None:
    """Answer until the process is told to end.

    Args:
        host: To listen at.
        port: To listen at; 0: any that is free.
        announce: Told the address, once it answers there.

    Raises:
        MlflowHaError: Somebody else listens there, or it is no address of this machine.
        SettingsError: There is no tracking server to tell of.
    """
    settings = current()
    server = tracking_server(settings)
    app = made()
    with _listener(host, port) as listener, watching(server, settings.probe_interval):
        announce(f"http://{_shown(host)}:{listener.getsockname()[1]}")
        # Ctrl-C ends it as it should.
        with suppress(KeyboardInterrupt):
            config = uvicorn.Config(app, log_level="warning", access_log=False, lifespan="off")
            uvicorn.Server(config).run(sockets=[listener])


def _listener(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        return socket.create_server((host, port), family=family, backlog=128)
    except (OSError, OverflowError) as error:
        raise MlflowHaError(
            f"{host}:{port} cannot be listened at: {error}. Name another with --host and --port"
        ) from None


def _shown(host: str) -> str:
    return f"[{host}]" if ":" in host else host
