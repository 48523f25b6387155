"""Every method that existing code calls is there, with its arguments in the same order."""

import inspect
from typing import Any

import pytest
from mlflow_ha import ExperimentManager, ModelRegistry

EXPECTED = {
    ExperimentManager: {
        "__init__": "experiment_name='hokusai_model_improvements', mlflow_tracking_uri=None, "
        "registry=None",
        "start_experiment": "experiment_name",
        "create_improvement_experiment": "baseline_model_id, contributed_data",
        "compare_models": "baseline_id, candidate_id, test_data",
        "get_experiment_history": "baseline_model_id=None",
    },
    ModelRegistry: {
        "__init__": "tracking_uri=None, api_key=None, api_endpoint=None",
        "register_baseline": "model=None, model_type=None, model_name=None, metadata=None",
        "register_baseline_via_api": "model_type, mlflow_run_id, metadata=None",
        "register_improved_model": "model, baseline_id, delta_metrics, contributor",
        "register_tokenized_model": "model_uri, model_name, token_id, metric_name, baseline_value, "
        "additional_tags=None",
        "get_model_by_id": "model_id",
        "get_model_lineage": "model_id",
        "list_models_by_type": "model_type",
        "get_latest_model": "model_type",
        "rollback_model": "model_type, target_model_id",
        "get_tokenized_model": "model_name, version",
        "list_models_by_token": "token_id",
        "update_model_tags": "model_name, version, tags",
        "delete_model_version": "model_id",
        "validate_token_id": "token_id",
    },
}
METHODS = [(kind, name) for kind, methods in EXPECTED.items() for name in methods]


@pytest.mark.parametrize(
    ("kind", "name"), METHODS, ids=lambda part: getattr(part, "__name__", part)
)
def test_a_method_takes_what_it_always_took(kind: type[object], name: str) -> None:
    assert _told(getattr(kind, name)) == EXPECTED[kind][name]


@pytest.mark.parametrize("kind", EXPECTED, ids=lambda kind: kind.__name__)
def test_there_is_no_other_method_that_this_list_forgets(kind: type[object]) -> None:
    found = {
        name
        for name, value in inspect.getmembers(kind, inspect.isfunction)
        if not name.startswith("_") or name == "__init__"
    }
    assert found == set(EXPECTED[kind])


@pytest.mark.parametrize(
    ("kind", "name"), METHODS, ids=lambda part: getattr(part, "__name__", part)
)
def test_each_is_documented_with_its_errors(kind: type, name: str) -> None:
    text = inspect.getdoc(kind if name == "__init__" else getattr(kind, name)) or ""
    assert "Raises:" in text


def _told(method: Any) -> str:
    parameters = list(inspect.signature(method).parameters.values())[1:]
    return ", ".join(
        p.name if p.default is inspect.Parameter.empty else f"{p.name}={p.default!r}"
        for p in parameters
    )
