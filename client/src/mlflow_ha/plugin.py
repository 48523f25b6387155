"""What MLflow finds under `http` and `https`. Imports nothing heavy: MLflow loads it at its start."""

from __future__ import annotations

import atexit
import os
import sys
from functools import partial
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from mlflow_ha.stores import Line

DISABLE = "MLFLOW_HA_DISABLE"


@atexit.register
def _send_what_waits() -> None:
    # From here, since MLflow loads this before it registers that it ends an active run at exit:
    # what is registered first comes last, and that run's end is still to be logged.
    for place in ("mlflow_ha.coalescing.collectors", "mlflow_ha.spool.keeper"):
        if place in sys.modules:
            sys.modules[place].close_all()


def disabled() -> bool:
    """Whether MLflow is to be left as it is."""
    return os.environ.get(DISABLE, "").lower() in ("1", "true")


def tracking_store(store_uri: str, artifact_uri: str | None = None) -> Any:
    """Return the store for a tracking URI such as http://host:5000."""
    del artifact_uri
    from mlflow.utils.credentials import get_default_host_creds  # noqa: PLC0415

    credentials = partial(get_default_host_creds, store_uri)
    if disabled():
        from mlflow.store.tracking.rest_store import RestStore  # noqa: PLC0415

        return RestStore(credentials)
    from mlflow_ha.stores import TrackingStore  # noqa: PLC0415

    return TrackingStore(credentials, _line(store_uri))


def registry_store(store_uri: str, tracking_uri: str | None = None) -> Any:
    """Return the store for a registry URI such as http://host:5000."""
    del tracking_uri
    from mlflow.utils.credentials import get_default_host_creds  # noqa: PLC0415

    credentials = partial(get_default_host_creds, store_uri)
    if disabled():
        from mlflow.store.model_registry.rest_store import RestStore  # noqa: PLC0415

        return RestStore(credentials)
    from mlflow_ha.stores import RegistryStore  # noqa: PLC0415

    return RegistryStore(credentials, _line(store_uri))


def proxied_artifacts(
    artifact_uri: str, tracking_uri: str | None = None, registry_uri: str | None = None
) -> Any:
    """Return the repository for artifacts behind the tracking server."""
    if disabled():
        from mlflow.store.artifact.mlflow_artifacts_repo import (  # noqa: PLC0415
            MlflowArtifactsRepository,
        )

        return MlflowArtifactsRepository(artifact_uri, tracking_uri, registry_uri)
    from mlflow_ha.artifact_repository import ProxiedArtifacts  # noqa: PLC0415

    return ProxiedArtifacts(artifact_uri, tracking_uri, registry_uri)


def direct_artifacts(
    artifact_uri: str, tracking_uri: str | None = None, registry_uri: str | None = None
) -> Any:
    """Return the repository for artifacts in S3."""
    if disabled():
        from mlflow.store.artifact.s3_artifact_repo import S3ArtifactRepository  # noqa: PLC0415

        return S3ArtifactRepository(
            artifact_uri, tracking_uri=tracking_uri, registry_uri=registry_uri
        )
    from mlflow_ha.artifact_repository import DirectArtifacts  # noqa: PLC0415

    return DirectArtifacts(artifact_uri, tracking_uri=tracking_uri, registry_uri=registry_uri)


def _line(store_uri: str) -> Line:
    from mlflow_ha.lines import line_to  # noqa: PLC0415

    return line_to(store_uri)
