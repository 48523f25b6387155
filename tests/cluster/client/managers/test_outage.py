"""Managers go on without the server where a spool is on, and say what it means where none is."""

from collections.abc import Iterator

import mlflow
import mlflow_ha
import pytest
from mlflow_ha import (
    ExperimentManager,
    ModelRegistry,
    RegistryException,
    RegistryUnavailable,
    TrackingUnavailable,
    server,
)

from tests.cluster.client.conftest import Reached
from tests.cluster.client.managers.conftest import At, in_process, unique
from tests.cluster.client.managers.models import DATA, Threshold, Unlucky, logged


@pytest.fixture
def spooled(ours: Reached, spool: dict[str, str]) -> Iterator[None]:
    with in_process(**ours.variables, **spool, MLFLOW_HA_DEADLINE="10"):
        yield


def test_what_is_registered_during_an_outage_is_there_once_when_it_is_over(
    ours: Reached, spooled: None
) -> None:
    del spooled
    name, experiment = unique("churn"), unique("improvements")
    with ours.door.closed():
        registry = ModelRegistry()
        manager = ExperimentManager(experiment, registry=registry)
        first = registry.register_baseline(logged(Threshold(0.7)), name)
        second = registry.register_improved_model(
            logged(Threshold(0.5)), first.model_id, {"accuracy_improvement": 0.25}, "0xAbC"
        )
        noted = manager.create_improvement_experiment(first.model_id, [1])
        with manager.start_experiment(experiment):
            mlflow.log_metric("m", 1.0)
        assert first.pending
        assert second.pending
        assert not first.mock
        assert registry.rollback_model(name, first.model_id) is True
        with pytest.raises(RegistryUnavailable):
            registry.list_models_by_type(name)
    assert mlflow_ha.flush(120)
    versions = {version["version"]: _tags(version) for version in ours.contents.versions(name)}
    assert {number: tags["model_id"] for number, tags in versions.items()} == {
        "1": first.model_id,
        "2": second.model_id,
    }
    assert versions["2"]["baseline_id"] == first.model_id
    assert ours.contents.aliases(name) == {"production": "1"}
    runs = ours.contents.runs(experiment)
    assert len(runs) == 2
    assert noted in {_tags(run["data"]).get("mlflow_ha.local_id") for run in runs}
    found = registry.get_model_by_id(second.model_id)
    assert not found.pending
    told = manager.compare_models(first.model_id, second.model_id, DATA)
    assert told["improvements"]["accuracy"] == 0.25


def _tags(thing: dict[str, list[dict[str, str]]]) -> dict[str, str]:
    return {tag["key"]: tag["value"] for tag in thing["tags"]}


def test_without_a_spool_an_outage_is_told_with_the_time_to_come_back(ours: Reached) -> None:
    with in_process(**ours.variables, MLFLOW_HA_DEADLINE="1"):
        registry = ModelRegistry()
        with ours.door.closed(), pytest.raises(RegistryUnavailable) as away:
            registry.get_model_by_id("i")
        assert isinstance(away.value, RegistryException)
        assert isinstance(away.value, TrackingUnavailable)
        assert "finding model 'i' did not succeed" in away.value.message
        assert away.value.server == ours.door.uri
        assert isinstance(away.value.__cause__, TrackingUnavailable)
        with ours.door.closed(), pytest.raises(TrackingUnavailable):
            ExperimentManager(unique("e"))


def test_a_models_own_failures_are_not_held_against_the_server(at_ours: At) -> None:
    registry = at_ours.registry()
    manager = at_ours.manager(unique("e"), registry=registry)
    bad = registry.register_baseline(logged(Unlucky(0.5)), unique("churn"))
    for _ in range(6):  # one more than would open a breaker
        with pytest.raises(ConnectionError, match="the model's own"):
            manager.compare_models(bad.model_id, bad.model_id, DATA)
    (known,) = server.known()
    assert (known.breaker.state, known.breaker.failure_count) == ("CLOSED", 0)
