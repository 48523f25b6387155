"""MLflow as it is in a new process: managers set its addresses, and tests share one process."""

import contextlib
import os
from collections.abc import Iterator

import mlflow
import mlflow.tracking.fluent
from mlflow.store.artifact.artifact_repository_registry import _artifact_repository_registry
from mlflow.tracking._model_registry.utils import _get_store_registry
from mlflow.tracking._tracking_service.utils import _tracking_store_registry
from mlflow_ha import plugin
from mlflow_ha.managers.mock_folder import mock_folder

OF_MLFLOW = (
    "MLFLOW_TRACKING_URI",
    "MLFLOW_REGISTRY_URI",
    "MLFLOW_EXPERIMENT_ID",
    "MLFLOW_EXPERIMENT_NAME",
    "MLFLOW_RUN_ID",
    "MLFLOW_ALLOW_FILE_STORE",
    "MLFLOW_TRACKING_USERNAME",
    "MLFLOW_TRACKING_PASSWORD",
)
OF_MANAGERS = ("HOKUSAI_MOCK_MODE", "HOKUSAI_OPTIONAL_MLFLOW", "HOKUSAI_API_KEY")


@contextlib.contextmanager
def fresh_mlflow(**variables: str) -> Iterator[None]:
    """Nothing is set but `variables`, and all is as before afterwards."""
    before = {name: os.environ.pop(name, None) for name in (*OF_MLFLOW, *OF_MANAGERS, *variables)}
    os.environ.update(variables)
    _forget()
    try:
        yield
    finally:
        _forget()
        for name, value in before.items():
            os.environ.pop(name, None)
            if value is not None:
                os.environ[name] = value


@contextlib.contextmanager
def plugged_in() -> Iterator[None]:
    """Addresses go through the client, as where its wheel is installed."""
    of_registry = _get_store_registry()
    replaced = [
        (_tracking_store_registry, plugin.tracking_store),
        (of_registry, plugin.registry_store),
    ]
    before = [store_registry._registry["http"] for store_registry, _ in replaced]
    artifacts = _artifact_repository_registry._registry["mlflow-artifacts"]
    _artifact_repository_registry._registry["mlflow-artifacts"] = plugin.proxied_artifacts
    for store_registry, ours in replaced:
        store_registry._registry["http"] = ours
        store_registry._get_store_with_resolved_uri.cache_clear()
    try:
        yield
    finally:
        _artifact_repository_registry._registry["mlflow-artifacts"] = artifacts
        for (store_registry, _), stock in zip(replaced, before, strict=True):
            store_registry._registry["http"] = stock
            store_registry._get_store_with_resolved_uri.cache_clear()


def _forget() -> None:
    while mlflow.active_run():
        mlflow.end_run()
    for name in ("MLFLOW_TRACKING_URI", "MLFLOW_REGISTRY_URI"):
        kept = os.environ.get(name)
        (mlflow.set_tracking_uri if "TRACKING" in name else mlflow.set_registry_uri)(None)
        if kept is not None:
            os.environ[name] = kept
    mlflow.tracking.fluent._active_experiment_id = None
    mock_folder.cache_clear()
