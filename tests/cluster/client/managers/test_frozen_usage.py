"""Code that was written for the older classes goes on working, in every form in which it is called.

THIS FILE IS FROZEN. It stands for code that other people have written and nobody here can change:
it is never edited, whatever is built. If a test here fails, what it tests is wrong, not the test.
tests/unit/client/managers/test_frozen.py holds its hash. Newer usage is tested elsewhere.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import mlflow
import numpy as np
import pytest
from mlflow_ha import ExperimentManager, ModelRegistry, ModelRegistryEntry, RegistryException

from tests.cluster.client.conftest import Reached
from tests.cluster.client.managers.conftest import in_process, unique


class LeadScorer:
    """A model as it was written for the older registry."""

    def __init__(self, model_id: str, version: str, threshold: float) -> None:
        self.model_id = model_id
        self.version = version
        self.threshold = threshold

    def predict(self, data: Any) -> Any:
        return (np.asarray(data)[:, 0] > self.threshold).astype(int)

    def get_metrics(self) -> dict[str, float]:
        return {"accuracy": 0.85}


TEST_DATA = {
    "features": np.array([[1, 2], [3, 4], [5, 6], [7, 8]]),
    "labels": np.array([0, 1, 1, 1]),
    "dataset_name": "test_dataset",
}


@pytest.fixture(autouse=True)
def environment(ours: Reached) -> Iterator[None]:
    with in_process(**ours.variables):
        yield


def test_the_manager_takes_a_registry_first() -> None:
    registry = ModelRegistry()
    experiment_manager = ExperimentManager(registry)
    assert experiment_manager.experiment_name == "hokusai_model_improvements"
    assert experiment_manager.registry is registry


def test_the_manager_takes_a_name(ours: Reached) -> None:
    name = unique("lead_scoring")
    manager = ExperimentManager(experiment_name=name)
    assert manager.experiment_name == name
    assert manager.registry is None
    assert manager.tracking_uri == ours.door.uri
    assert mlflow.get_experiment_by_name(name) is not None


def test_the_manager_takes_nothing() -> None:
    assert ExperimentManager().experiment_name == "hokusai_model_improvements"


def test_the_manager_takes_name_and_registry_in_either_way() -> None:
    registry, name = ModelRegistry(), unique("my_exp")
    for manager in (
        ExperimentManager(name, registry=registry),
        ExperimentManager(experiment_name=name, registry=registry),
    ):
        assert (manager.experiment_name, manager.registry) == (name, registry)


def test_the_manager_takes_an_address(ours: Reached) -> None:
    manager = ExperimentManager(unique("e"), mlflow_tracking_uri=ours.door.uri)
    assert manager.tracking_uri == ours.door.uri
    assert ExperimentManager(unique("e"), ours.door.uri).tracking_uri == ours.door.uri


def test_the_manager_refuses_what_is_neither_name_nor_registry() -> None:
    for wrong in (None, 42, 1.5, True, ["e"], {"e": 1}, ("e",)):
        with pytest.raises(ValueError, match="experiment_name="):
            ExperimentManager(wrong)


def test_runs_start_inside_of_an_experiment() -> None:
    name = unique("lead_scoring_baseline")
    with ExperimentManager(ModelRegistry()).start_experiment(name):
        mlflow.log_metric("accuracy", 0.85)
    (run,) = mlflow.search_runs(experiment_names=[name], output_format="list")
    assert run.data.metrics["accuracy"] == 0.85


def test_improvements_are_tried_compared_and_remembered() -> None:
    registry, name = ModelRegistry(tracking_uri=mlflow.get_tracking_uri()), unique("lead_scoring")
    manager = ExperimentManager(unique("improvements"), registry=registry)
    baseline = registry.register_baseline(
        model=LeadScorer(unique("baseline"), "1.0.0", 6.0),
        model_type=name,
        metadata={"dataset": "initial_training"},
    )
    run_id = manager.create_improvement_experiment(
        baseline_model_id=baseline.model_id,
        contributed_data={
            "features": [1, 2, 3],
            "metadata": {"dataset_hash": "test_hash", "contributor_id": "test_contributor"},
        },
    )
    assert isinstance(run_id, str)
    improved = registry.register_improved_model(
        model=LeadScorer(unique("improved"), "2.0.0", 2.0),
        baseline_id=baseline.model_id,
        delta_metrics={"accuracy_improvement": 0.07},
        contributor="0xAbC123...789",
    )
    result = manager.compare_models(
        baseline_id=f"{name}/{baseline.mlflow_version}",
        candidate_id=f"{name}/{improved.mlflow_version}",
        test_data=TEST_DATA,
    )
    assert result["baseline_metrics"]["accuracy"] == 0.5
    assert result["candidate_metrics"]["accuracy"] == 1.0
    assert result["improvements"]["accuracy"] == 0.5
    assert result["recommendation"] == "ACCEPT"
    assert result["test_dataset"] == "test_dataset"
    history = manager.get_experiment_history(baseline_model_id=baseline.model_id)
    assert [told["run_id"] for told in history] == [run_id]
    assert set(history[0]) >= {
        "run_id",
        "baseline_model",
        "improvement",
        "recommendation",
        "timestamp",
    }
    assert len(manager.get_experiment_history()) == 2


def test_models_are_registered_found_and_rolled_back() -> None:
    registry, name = ModelRegistry(), unique("lead_scoring")
    first_id, second_id = unique("baseline"), unique("improved")
    baseline = registry.register_baseline(model_name=name, model=LeadScorer(first_id, "1.0.0", 6.0))
    assert isinstance(baseline, ModelRegistryEntry)
    assert (baseline.model_id, baseline.model_type) == (first_id, name)
    assert baseline.is_baseline is True
    assert baseline.baseline_id is None
    assert baseline.metrics["accuracy"] == 0.85
    improved = registry.register_improved_model(
        LeadScorer(second_id, "2.0.0", 2.0), first_id, {"accuracy_improvement": 0.07}, "0xAbC"
    )
    assert (improved.model_id, improved.baseline_id, improved.version) == (
        second_id,
        first_id,
        "2.0.0",
    )
    assert improved.delta_metrics == {"accuracy_improvement": 0.07}
    assert improved.contributor_address == "0xAbC"
    assert registry.get_model_by_id(first_id).metrics["accuracy"] == 0.85
    lineage = registry.get_model_lineage(second_id)
    assert lineage.model_id == second_id
    assert lineage.entries[0]["model_id"] == first_id
    assert lineage.entries[-1]["model_id"] == second_id
    assert lineage.total_improvement == 0.07
    assert len(registry.list_models_by_type(name)) == 2
    latest = registry.get_latest_model(name)
    assert latest is not None
    assert latest.model_id == second_id
    assert registry.rollback_model(name, first_id) is True
    back = registry.get_latest_model(name)
    assert back is not None
    assert back.model_id == first_id
    assert registry.delete_model_version(second_id) is True
    with pytest.raises(RegistryException, match="Model not found"):
        registry.get_model_by_id(second_id)


def test_models_are_registered_by_run_and_for_a_token() -> None:
    registry, name = ModelRegistry(), unique("proposal")
    with mlflow.start_run() as run:
        mlflow.sklearn.log_model(_trained(), name="model", pip_requirements=["scikit-learn"])
    entry = registry.register_baseline_via_api(
        model_type=unique("lead_scoring"), mlflow_run_id=run.info.run_id, metadata={"by": "us"}
    )
    assert entry.is_baseline is True
    result = registry.register_tokenized_model(
        model_uri=f"runs:/{run.info.run_id}/model",
        model_name=name,
        token_id="MSG-AI",
        metric_name="reply_rate",
        baseline_value=0.1342,
        additional_tags={"environment": "production"},
    )
    assert (result["model_name"], result["version"], result["token_id"]) == (name, "1", "MSG-AI")
    assert (result["metric_name"], result["baseline_value"]) == ("reply_rate", 0.1342)
    registry.update_model_tags(
        name, "1", {"benchmark_value": "0.1456", "last_evaluated": "2024-01-15"}
    )
    model = registry.get_tokenized_model(name, "1")
    assert (model["token_id"], model["baseline_value"]) == ("MSG-AI", 0.1456)
    assert model["tags"]["last_evaluated"] == "2024-01-15"
    models = registry.list_models_by_token("MSG-AI")
    assert name in [found["model_name"] for found in models]
    for invalid in ("MSG AI", "token@special", "", "a" * 65, "-token", "token-"):
        with pytest.raises(ValueError, match="token_id"):
            registry.validate_token_id(invalid)


def _trained() -> Any:
    from sklearn.linear_model import LogisticRegression  # noqa: PLC0415  (slow)

    return LogisticRegression().fit(TEST_DATA["features"], TEST_DATA["labels"])
