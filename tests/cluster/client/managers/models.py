"""Small models, as users write them."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import cloudpickle  # type: ignore[import-untyped]  # it ships no types
import mlflow.pyfunc
import numpy as np

FEATURES = np.array([[0.1], [0.4], [0.6], [0.9]])
LABELS = np.array([0, 0, 1, 1])
DATA = {"features": FEATURES, "labels": LABELS, "dataset_name": "four rows"}


class Threshold:
    """Says 1 above a number.

    Attributes:
        model_id, version: By which it is registered.
    """

    def __init__(self, at: float, model_id: str = "", version: str = "1.0.0") -> None:
        self.at = at
        self.model_id = model_id
        self.version = version

    def predict(self, data: Any) -> Any:
        return (np.asarray(data)[:, 0] > self.at).astype(int)

    def get_metrics(self) -> dict[str, float]:
        return {"accuracy": float((self.predict(FEATURES) == LABELS).mean())}


class Unlucky(Threshold):
    """Its own code fails, in the way in which a network does."""

    def predict(self, data: Any) -> Any:
        del data
        raise ConnectionError("the model's own")


def logged(model: Threshold) -> str:
    """Log a model to where MLflow works now; return its URI."""
    with TemporaryDirectory() as folder:
        Path(folder, "model.cloudpickle").write_bytes(cloudpickle.dumps(model))
        made = mlflow.pyfunc.log_model(
            name="model",
            loader_module="mlflow_ha.managers.kept_model",
            data_path=folder,
            pip_requirements=[],  # said, so that they need not be inferred, which takes seconds
        )
    return str(made.model_uri)
