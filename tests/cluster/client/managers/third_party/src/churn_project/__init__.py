"""Registers the model that a colleague's run has logged, and notes that it is to be improved."""

import json
import sys
from typing import Any

import mlflow
from mlflow_ha import ExperimentManager, ModelRegistry, RegistryException


class OwnModel:
    """A model that this project wrote itself."""

    def predict(self, data: Any) -> list[int]:
        return [0 for _ in data]


def main() -> None:
    name, run_id = sys.argv[1:]
    registry = ModelRegistry()
    entry = registry.register_baseline_via_api(name, run_id, {"team": "churn"})
    by_registry = ExperimentManager(registry)
    with by_registry.start_experiment(f"{name}-training"):
        mlflow.log_metric("rows", 3)
    by_name = ExperimentManager(experiment_name=f"{name}-improvements")
    noted = by_name.create_improvement_experiment(entry.model_id, {"features": [1, 2, 3]})
    latest = registry.get_latest_model(name)
    refused = []
    try:
        registry.register_baseline(OwnModel(), name)
    except RegistryException as error:
        refused.append(error.message)
    try:
        data = {"features": [1], "labels": [1]}
        by_name.compare_models(entry.model_id, entry.model_id, data)
    except RegistryException as error:
        refused.append(error.message)
    print(
        json.dumps(
            {
                "entry": entry.to_dict(),
                "latest": latest and latest.model_id,
                "default": by_registry.experiment_name,
                "noted": noted,
                "history": by_name.get_experiment_history(entry.model_id),
                "mock": registry.mock_mode or by_registry.mock_mode or by_name.mock_mode,
                "refused": refused,
            }
        )
    )
