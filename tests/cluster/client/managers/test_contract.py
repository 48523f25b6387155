"""Managers do the same in mock mode, at this repository's server and at a stock server."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import mlflow
import pytest
from mlflow_ha import ModelRegistry, ModelRegistryEntry, RegistryException

from tests.cluster.client.managers.conftest import At, unique
from tests.cluster.client.managers.models import DATA, Threshold, Unlucky, logged


def baseline(registry: ModelRegistry, name: str, at: float = 0.7) -> ModelRegistryEntry:
    """Register a logged model, which has no id of its own."""
    return registry.register_baseline(logged(Threshold(at)), name)


def test_a_baseline_is_kept_with_all_that_is_known_of_it(at: At) -> None:
    registry, name, ident = at.registry(), unique("churn"), unique("id")
    trained = datetime(2026, 1, 2, tzinfo=UTC)
    made = registry.register_baseline(
        Threshold(0.7, ident, "2.1.0"), model_type=name, metadata={"trained": trained, "by": "us"}
    )
    found = registry.get_model_by_id(ident)
    assert found == made
    assert (found.model_type, found.version, found.mlflow_version) == (name, "2.1.0", "1")
    assert found.is_baseline
    assert not found.pending
    assert found.baseline_id is None
    assert found.metrics == {"accuracy": 0.75}
    assert json.loads(found.tags["metadata"]) == {"trained": trained.isoformat(), "by": "us"}
    assert datetime.now(UTC) - found.timestamp < timedelta(minutes=5)
    assert found.mock == at.mock
    loaded = mlflow.pyfunc.load_model(f"models:/{name}/1")
    assert list(loaded.predict(DATA["features"])) == [0, 0, 0, 1]


def test_a_baseline_may_be_named_in_the_older_way_and_needs_no_metrics(at: At) -> None:
    registry, name = at.registry(), unique("churn")
    made = registry.register_baseline(model_name=name, model=logged(Threshold(0.5)))
    assert (made.model_type, made.metrics) == (name, {})
    assert made.model_id.startswith(f"{name}-")
    assert registry.get_model_by_id(made.model_id) == made


@pytest.mark.parametrize(
    ("arguments", "missing"),
    [({"model_type": "t"}, "model is needed"), ({"model": "models:/m"}, r"model_type \(or model")],
)
def test_what_is_missing_of_a_baseline_is_named(
    arguments: dict[str, Any], missing: str, at: At
) -> None:
    with pytest.raises(ValueError, match=missing):
        at.registry().register_baseline(**arguments)


def test_what_cannot_be_kept_is_refused_with_what_to_do(at: At) -> None:
    registry = at.registry()
    with pytest.raises(RegistryException, match=r"has no predict\(data\)"):
        registry.register_baseline(object(), "churn")
    broken = Threshold(0.5)
    broken.lock = __import__("threading").Lock()  # type: ignore[attr-defined]  # what it is about
    with pytest.raises(RegistryException, match="Threshold cannot be pickled"):
        registry.register_baseline(broken, "churn")
    with pytest.raises(RegistryException, match="did not succeed"):
        registry.register_baseline(f"runs:/{'a' * 32}/model", unique("churn"))


def test_a_run_is_registered_by_its_id_with_what_it_measured(at: At) -> None:
    registry, name = at.registry(), unique("churn")
    mlflow.set_experiment(unique("training"))
    with mlflow.start_run() as run:
        mlflow.log_metric("auc", 0.75)
        logged(Threshold(0.5))
        last = logged(Threshold(0.6))
    made = registry.register_baseline_via_api(name, run.info.run_id, {"why": "nightly"})
    assert made == registry.get_model_by_id(f"{name}-{run.info.run_id}")
    assert (made.model_type, made.metrics) == (name, {"auc": 0.75})
    assert made.is_baseline
    assert registry.client.get_model_version(name, "1").source == last
    with mlflow.start_run() as empty:
        pass
    with pytest.raises(RegistryException, match="has logged no model"):
        registry.register_baseline_via_api(name, empty.info.run_id)


def test_an_improvement_leads_back_to_its_baseline(at: At) -> None:
    registry, name = at.registry(), unique("churn")
    first = baseline(registry, name)
    second = registry.register_improved_model(
        logged(Threshold(0.6)), first.model_id, {"accuracy_improvement": 0.25}, "0xAbC"
    )
    third = registry.register_improved_model(
        logged(Threshold(0.5)), second.model_id, {"accuracy_improvement": 0.125, "cost": 9}, "0xD"
    )
    assert (second.baseline_id, second.contributor_address) == (first.model_id, "0xAbC")
    assert not second.is_baseline
    lineage = registry.get_model_lineage(third.model_id)
    ids = [first.model_id, second.model_id, third.model_id]
    assert [entry["model_id"] for entry in lineage] == ids
    assert lineage.total_improvement == 0.375
    json.dumps(lineage.entries)
    assert [e.model_id for e in registry.list_models_by_type(name)] == ids[::-1]
    with pytest.raises(RegistryException, match="Model not found: 'nobody'"):
        registry.register_improved_model("models:/m", "nobody", {}, "0x")
    with pytest.raises(ValueError, match="delta_metrics="):
        registry.register_improved_model(
            "models:/m",
            ids[0],
            {"a": "much"},  # type: ignore[dict-item]  # what is refused
            "0x",
        )


def test_the_latest_model_is_the_newest_until_one_is_rolled_back_to(at: At) -> None:
    registry, name, other = at.registry(), unique("churn"), unique("other")
    assert registry.get_latest_model(name) is None
    assert registry.list_models_by_type(name) == []
    first, second = baseline(registry, name), baseline(registry, name)
    assert latest(registry, name) == second.model_id
    assert registry.rollback_model(name, first.model_id) is True
    assert latest(registry, name) == first.model_id
    stages = {
        entry.model_id: entry.tags.get("lifecycle_stage")
        for entry in registry.list_models_by_type(name)
    }
    assert stages == {first.model_id: "Production", second.model_id: None} | {
        second.model_id: "Archived"
    }
    assert registry.rollback_model(name, first.model_id) is True  # again does no harm
    assert registry.get_model_by_id(first.model_id).tags["lifecycle_stage"] == "Production"
    strange = baseline(registry, other)
    assert registry.rollback_model(name, strange.model_id) is False
    assert latest(registry, name) == first.model_id
    with pytest.raises(RegistryException, match="Model not found"):
        registry.rollback_model(name, "nobody")


def latest(registry: ModelRegistry, name: str) -> str:
    found = registry.get_latest_model(name)
    assert found is not None
    return str(found.model_id)


def test_a_deleted_version_is_gone_and_only_it(at: At) -> None:
    registry, name = at.registry(), unique("churn")
    first, second = baseline(registry, name), baseline(registry, name)
    assert registry.delete_model_version(second.model_id) is True
    assert [entry.model_id for entry in registry.list_models_by_type(name)] == [first.model_id]
    with pytest.raises(RegistryException, match="Model not found"):
        registry.delete_model_version(second.model_id)


def test_a_model_of_a_token_is_found_by_it_in_any_case(at: At) -> None:
    registry, name, token = at.registry(), unique("model"), unique("MSG-ai")
    uri = logged(Threshold(0.5))
    about: Any = {"team": "messaging", "year": 2026}  # old code passes numbers, too
    made = registry.register_tokenized_model(uri, name, token, "reply_rate", 0.1342, about)
    assert {key: made[key] for key in ("model_name", "version", "token_id", "status")} == {
        "model_name": name,
        "version": "1",
        "token_id": token,
        "status": "registered",
    }
    assert (made["metric_name"], made["baseline_value"]) == ("reply_rate", 0.1342)
    assert (made["tags"]["team"], made["tags"]["year"]) == ("messaging", "2026")
    assert made["mock"] == at.mock
    found = registry.get_tokenized_model(name, "1")
    assert found == {k: v for k, v in made.items() if k not in ("mlflow_run_id", "status")}
    assert registry.list_models_by_token(token.lower()) == [found]
    assert registry.list_models_by_token(token.upper()) == [found]
    assert registry.list_models_by_token(token[:-1]) == []
    registry.update_model_tags(name, "1", {"benchmark_value": "0.1456", "team": "mail"})
    changed = registry.get_tokenized_model(name, "1")
    assert (changed["baseline_value"], changed["tags"]["team"]) == (0.1456, "mail")


def test_what_stands_for_no_token_is_refused(at: At) -> None:
    registry, name = at.registry(), unique("churn")
    baseline(registry, name)
    with pytest.raises(RegistryException, match="stands for no token: it has no tag hokusai_token"):
        registry.get_tokenized_model(name, "1")
    with pytest.raises(RegistryException, match="getting version 7"):
        registry.get_tokenized_model(name, "7")
    with pytest.raises(RegistryException, match=r"setting tag 'a'.*set before: none"):
        registry.update_model_tags(name, "7", {"a": "b"})
    with pytest.raises(ValueError, match="benchmark_value='much' holds no number"):
        registry.update_model_tags(name, "1", {"a": "b", "benchmark_value": "much"})
    assert "a" not in registry.list_models_by_type(name)[0].tags


@pytest.mark.parametrize(
    ("changed", "reason"),
    [
        ({"token_id": ""}, "token_id='' is needed"),
        ({"token_id": "a b"}, "token_id='a b': letters, digits and hyphens"),
        ({"token_id": "-a"}, "token_id='-a'"),
        ({"token_id": "a-"}, "token_id='a-'"),
        ({"token_id": "a" * 65}, "at most 64"),
        ({"metric_name": ""}, "metric_name='' is needed"),
        ({"model_name": None}, "model_name=None is needed"),
        ({"baseline_value": "0.1"}, "baseline_value='0.1' is needed, as a finite number"),
        ({"baseline_value": float("nan")}, "baseline_value=nan is needed"),
        ({"additional_tags": {"benchmark_metric": "x"}}, "additional_tags sets benchmark_metric"),
    ],
)
def test_a_token_that_cannot_be_is_refused_before_anything_is_made(
    changed: dict[str, Any], reason: str, at: At
) -> None:
    usual: dict[str, Any] = {
        "model_uri": "models:/m-1",
        "model_name": unique("model"),
        "token_id": "msg-ai",
        "metric_name": "rate",
        "baseline_value": 0.1,
    }
    registry = at.registry()
    with pytest.raises(ValueError, match=reason):
        registry.register_tokenized_model(**(usual | changed))
    assert registry.list_models_by_type(usual["model_name"]) == []


def test_an_experiment_is_a_run_that_mlflows_functions_log_to(at: At) -> None:
    manager, name = at.manager(unique("main")), unique("aside")
    with manager.start_experiment(name) as run:
        mlflow.log_metric("m", 0.5)
    (found,) = mlflow.search_runs(experiment_names=[name], output_format="list")
    assert (found.info.run_id, found.data.metrics) == (run.info.run_id, {"m": 0.5})
    assert found.info.status == "FINISHED"


def test_contributed_data_is_noted_in_the_managers_own_experiment(at: At) -> None:
    manager = at.manager(unique("main"))
    data = {
        "features": [1, 2, 3],
        "metadata": {"dataset_hash": "h", "contributor_id": "c", "at": datetime.now(UTC)},
    }
    with manager.start_experiment(unique("aside")):
        made = manager.create_improvement_experiment("it's", data)
    other = manager.create_improvement_experiment("other", [1, 2])
    client = manager._place.client()
    run = client.get_run(made)
    assert run.info.experiment_id == manager.experiment_id
    assert run.info.status == "FINISHED"
    noted = {"baseline_model_id": "it's", "contributed_data_hash": "h"}
    assert noted.items() <= run.data.params.items()
    assert run.data.params["contributed_data_size"] == "3"
    assert run.data.tags["contributor_id"] == "c"
    assert client.get_run(other).data.params["contributed_data_size"] == "2"
    assert (
        "contributed_data_size"
        not in client.get_run(manager.create_improvement_experiment("third", {})).data.params
    )
    (told,) = manager.get_experiment_history("it's")
    assert told["run_id"] == made
    assert len(manager.get_experiment_history()) == 3


def test_two_models_are_compared_by_what_they_predict(at: At) -> None:
    registry, name = at.registry(), unique("churn")
    manager = at.manager(unique("main"), registry=registry)
    worse, better = baseline(registry, name, 0.7), baseline(registry, name, 0.5)
    told = manager.compare_models(worse.model_id, better.model_id, DATA)
    assert told["baseline_metrics"]["accuracy"] == 0.75
    assert told["candidate_metrics"]["accuracy"] == 1.0
    assert told["improvements"]["accuracy"] == 0.25
    assert "auroc" not in told["improvements"]
    assert (told["recommendation"], told["test_dataset"]) == ("ACCEPT", "four rows")
    assert told["mock"] == at.mock
    json.dumps(told)
    run = manager._place.client().get_run(told["run_id"])
    assert run.data.metrics["accuracy_improvement"] == 0.25
    assert run.data.metrics["candidate_accuracy"] == 1.0
    back = manager.compare_models(f"{name}/2", f"models:/{name}/1", DATA)
    assert back["recommendation"] == "REJECT"
    assert back["improvements"]["accuracy"] == -0.25


def test_the_history_tells_what_was_compared_and_makes_nothing_up(at: At) -> None:
    registry, name = at.registry(), unique("churn")
    manager = at.manager(unique("main"), registry=registry)
    worse, better = baseline(registry, name, 0.7), baseline(registry, name, 0.5)
    assert manager.get_experiment_history() == []
    created = manager.create_improvement_experiment(worse.model_id, [1])
    compared = manager.compare_models(worse.model_id, better.model_id, DATA)["run_id"]
    history = {told["run_id"]: told for told in manager.get_experiment_history(worse.model_id)}
    assert set(history) == {created, compared}
    assert (history[compared]["improvement"], history[compared]["recommendation"]) == (
        0.25,
        "ACCEPT",
    )
    assert (history[created]["improvement"], history[created]["recommendation"]) == (
        None,
        "unknown",
    )
    json.dumps(list(history.values()))
    assert datetime.fromisoformat(history[created]["timestamp"]).tzinfo is not None
    assert manager.get_experiment_history("nobody") == []


def test_a_model_that_cannot_be_judged_leaves_no_comparison_behind(at: At) -> None:
    registry, name = at.registry(), unique("churn")
    manager = at.manager(unique("main"), registry=registry)
    good = baseline(registry, name)
    bad = registry.register_baseline(logged(Unlucky(0.5)), name)
    with pytest.raises(ConnectionError, match="the model's own"):
        manager.compare_models(good.model_id, bad.model_id, DATA)
    with pytest.raises(RegistryException, match="Model not found: 'nobody'"):
        manager.compare_models(good.model_id, "nobody", DATA)
    with pytest.raises(ValueError, match="'features' and 'labels'"):
        manager.compare_models(good.model_id, bad.model_id, {})
    assert manager.get_experiment_history() == []
