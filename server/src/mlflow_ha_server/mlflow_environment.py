"""What MLflow reads from its environment, derived from ours: pure but for one file."""

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from mlflow_ha_server import database_uri
from mlflow_ha_server.configuration import ServeConfiguration
from mlflow_ha_server.migrate import ARTIFACT_ROOT
from mlflow_ha_server.pool import AUTH, REGISTRY, TRACKING


def allowed_origins(hosts: tuple[str, ...]) -> str:
    """Return the browser origins that belong to the allowed hosts.

    Without them MLflow refuses every POST of its own UI that is opened under a
    name other than localhost (mlflow/server/security_utils.py).
    """
    return "*" if "*" in hosts else ",".join(f"{s}://{h}" for h in hosts for s in ("http", "https"))


def variables(configuration: ServeConfiguration, auth_file: Path) -> dict[str, str]:
    """Return the variables MLflow's server must see before it is imported."""
    return {
        "_MLFLOW_SERVER_FILE_STORE": database_uri.text(configuration.database(TRACKING)),
        "_MLFLOW_SERVER_REGISTRY_STORE": database_uri.text(configuration.database(REGISTRY)),
        "_MLFLOW_SERVER_ARTIFACT_ROOT": ARTIFACT_ROOT,
        "_MLFLOW_SERVER_ARTIFACT_DESTINATION": configuration.artifacts_destination,
        "_MLFLOW_SERVER_SERVE_ARTIFACTS": "true",
        "_MLFLOW_SGI_NAME": "uvicorn",  # makes the auth application an ASGI one
        "_MLFLOW_AUTH_ADMIN_BOOTSTRAPPED": "true",  # migrate created the administrator
        "MLFLOW_AUTH_CONFIG_PATH": str(auth_file),
        "MLFLOW_FLASK_SERVER_SECRET_KEY": configuration.secret_key.get_secret_value(),
        "MLFLOW_SERVER_ALLOWED_HOSTS": ",".join(configuration.allowed_hosts),
        "MLFLOW_SERVER_CORS_ALLOWED_ORIGINS": allowed_origins(configuration.allowed_hosts),
        # Its queue is a file of one host, and a start re-queues every pending job.
        "MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false",
        # Its routes query the database on the event loop.
        "MLFLOW_ENABLE_AI_GATEWAY": "false",
        "MLFLOW_CONFIGURE_LOGGING": "false",  # logs.py does
        "MLFLOW_DISABLE_TELEMETRY": "true",
        "DO_NOT_TRACK": "true",
    }


def auth_ini(configuration: ServeConfiguration) -> str:
    """Return the auth application's configuration file; it holds the database's password."""
    uri = database_uri.text(configuration.database(AUTH)).replace("%", "%%")
    return (
        "[mlflow]\n"
        "default_permission = READ\n"
        f"database_uri = {uri}\n"
        f"auth_cache_ttl_seconds = {configuration.auth_cache_seconds}\n"
    )


@contextmanager
def in_place(configuration: ServeConfiguration) -> Iterator[None]:
    """Set the variables for good, and the file for as long as MLflow is imported."""
    with tempfile.TemporaryDirectory(prefix="mlflow-ha-") as folder:  # mode 0700
        file = Path(folder) / "auth.ini"
        file.touch(mode=0o600)
        file.write_text(auth_ini(configuration))
        os.environ.update(variables(configuration, file))
        yield
