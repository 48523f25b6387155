"""MLflow's stores are what the recalls rest on: one transaction a method, and its arguments' names."""

import inspect
import json
from types import SimpleNamespace
from typing import Any

import pytest
from mlflow.store.model_registry.sqlalchemy_store import SqlAlchemyStore as RegistryStore
from mlflow.store.tracking.sqlalchemy_store import SqlAlchemyStore as TrackingStore
from mlflow_ha_server import idempotency_claim, idempotency_stores
from mlflow_ha_server.idempotency_keys import keyed
from mlflow_ha_server.idempotency_records import Record
from mlflow_ha_server.idempotency_stores import REGISTRY, TRACKING

# Where a method leaves its transaction to another.
WRITES_IN = {"start_trace": "_start_trace_once"}
ALL = [(TrackingStore, n) for n in TRACKING] + [(RegistryStore, n) for n in REGISTRY]
REQUEST = keyed("k" * 16, "", "POST", "/", b"", "", b"")


@pytest.mark.parametrize(("store", "name"), ALL, ids=lambda v: getattr(v, "__name__", v))
def test_a_method_that_is_remembered_writes_in_one_transaction(store: Any, name: str) -> None:
    source = inspect.getsource(getattr(store, WRITES_IN.get(name, name)))
    assert source.count("ManagedSessionMaker(read_only=False)") == 1
    assert source.count("session.commit()") <= 1


@pytest.mark.parametrize(
    ("store", "method", "argument"),
    [
        (TrackingStore, "start_trace", "trace_info"),
        (TrackingStore, "create_assessment", "assessment"),
        (RegistryStore, "rename_registered_model", "new_name"),
        (TrackingStore, "set_model_versions_tags", "model_id"),
    ],
)
def test_an_argument_that_is_read_has_its_name(store: Any, method: str, argument: str) -> None:
    assert argument in inspect.signature(getattr(store, method)).parameters


class Store:
    """Counts what is made."""

    def __init__(self) -> None:
        self.runs = 0
        self.tags = {"mlflow.modelVersions": '[{"name": "a", "version": 1}]'}
        self.listings = 0

    def __getattr__(self, name: str) -> Any:
        # The methods this test does not call.
        return lambda *_, **__: name

    def create_run(self, experiment_id: str) -> str:
        self.runs += 1
        return f"made in {experiment_id}"

    def get_run(self, run_id: str) -> Any:
        return SimpleNamespace(info=run_id, data=None)

    def get_logged_model(self, _model_id: str) -> Any:
        return SimpleNamespace(tags=self.tags)

    def set_model_versions_tags(self, *, name: str, version: int, model_id: str) -> None:
        self.listings += 1
        self.tags = {"mlflow.modelVersions": json.dumps([{"name": name, "version": version}])}
        del model_id


@pytest.fixture
def store() -> Any:
    made = Store()
    idempotency_stores.attach(made, Store())
    return made


def finishing(method: str | None) -> None:
    made = {"runs": {"run_uuid": "first"}}
    idempotency_claim.begin(REQUEST, Record("", b"", method, made, None, 9))


def test_without_a_key_nothing_is_different(store: Any) -> None:
    assert store.create_run(experiment_id="0") == "made in 0"


def test_the_method_that_carries_the_key_is_noted_while_it_runs() -> None:
    claim = idempotency_claim.begin(REQUEST)
    seen = []

    class Noting(Store):
        def create_run(self, experiment_id: str) -> str:
            seen.append(claim.method)
            return super().create_run(experiment_id)

    noting: Any = Noting()
    idempotency_stores.attach(noting, Store())
    noting.create_run("0")
    assert seen == ["create_run"]
    assert claim.method is None


def test_a_method_that_was_committed_returns_what_it_made(store: Any) -> None:
    finishing("create_run")
    assert store.create_run("0").info == "first"
    assert store.runs == 0


@pytest.mark.parametrize("method", [None, "create_experiment"])
def test_a_method_that_was_not_runs(store: Any, method: str | None) -> None:
    finishing(method)
    assert store.create_run("0") == "made in 0"


def test_a_version_that_is_listed_is_not_listed_again(store: Any) -> None:
    finishing("create_model_version")
    store.set_model_versions_tags(name="a", version=1, model_id="m")
    assert store.listings == 0
    store.set_model_versions_tags(name="a", version=2, model_id="m")
    assert store.listings == 1
