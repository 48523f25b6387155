"""A model object put where MLflow can load it from, and loaded again by MLflow."""

from __future__ import annotations

import json
import pickle
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import cloudpickle  # type: ignore[import-untyped]  # it ships no types
from mlflow import MlflowClient

from mlflow_ha.managers.failures import refusal
from mlflow_ha.managers.place import Place

_FILE = "model.cloudpickle"
_URI = "pass the URI of a model that one of MLflow's flavors has logged, such as models:/m-…"


def uri_of(model: Any, place: Place) -> str:
    """Return where MLflow can load a model from; an object is logged first.

    Args:
        model: A model's URI, what log_model returned, or an object with `predict(data)`.
        place: Where it is logged.

    Raises:
        RegistryException: It cannot be kept.
    """
    uri = model if isinstance(model, str) else getattr(model, "model_uri", None)
    return uri if isinstance(uri, str) else _logged(model, place)


def uri_in(run: Any, client: MlflowClient) -> str:
    """Return the URI of the model that a run has logged, the last one where there are several.

    Args:
        run: As MLflow returned it.
        client: To where the run is.

    Raises:
        RegistryException: It has logged none.
    """
    if run.outputs and run.outputs.model_outputs:
        last = max(
            run.outputs.model_outputs,
            key=lambda one: (one.step, client.get_logged_model(one.model_id).creation_timestamp),
        )
        return f"models:/{last.model_id}"
    # As MLflow 2 wrote it down.
    history = json.loads(run.data.tags.get("mlflow.log-model.history", "[]"))
    if history:
        return f"runs:/{run.info.run_id}/{history[-1]['artifact_path']}"
    raise refusal(
        f"run {run.info.run_id} has logged no model. Log one in it with one of MLflow's flavors, "
        "such as mlflow.sklearn.log_model",
        "RESOURCE_DOES_NOT_EXIST",
    )


def _logged(model: Any, place: Place) -> str:
    if not callable(getattr(model, "predict", None)):
        raise refusal(
            f"model={model!r} has no predict(data), so nothing could be asked of it later. Give it "
            f"one, or {_URI}"
        )
    try:
        import mlflow.pyfunc  # noqa: PLC0415  (needs NumPy and pandas, which the package does not)
    except ModuleNotFoundError as missing:
        raise refusal(
            f"a model object needs {missing.name} to be kept. Install the package mlflow, or {_URI}"
        ) from missing
    with TemporaryDirectory() as folder:
        Path(folder, _FILE).write_bytes(_pickled(model))
        place.use()
        logged = mlflow.pyfunc.log_model(name="model", loader_module=__name__, data_path=folder)
    return str(logged.model_uri)


def _pickled(model: Any) -> bytes:
    try:
        return bytes(cloudpickle.dumps(model))
    except (TypeError, AttributeError, pickle.PicklingError) as error:
        raise refusal(
            f"{type(model).__name__} cannot be pickled ({error}), and so not be kept as an object. "
            f"Log it with one of MLflow's flavors and {_URI}"
        ) from error


def _load_pyfunc(data_path: str) -> Any:
    """Called by MLflow, by this name."""
    content = Path(data_path, _FILE).read_bytes()
    return cloudpickle.loads(content)  # MLflow's own flavors do the same: load what you trust
