"""Mock mode is off unless asked for, never silent, labels what it makes and reaches no network."""

import socket
import subprocess
import sys
import threading
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import mlflow
import numpy as np
import pytest
from mlflow_ha import (
    ExperimentManager,
    MockModeWarning,
    ModelRegistry,
    TrackingUnavailable,
    server,
    settings,
)

from tests.unit.client.little_server import LittleServer
from tests.unit.client.managers.fresh_mlflow import plugged_in

ROOT = Path(__file__).parents[4]
MAKERS: dict[str, Callable[[], Any]] = {
    "manager": lambda: ExperimentManager("e"),
    "registry": ModelRegistry,
}


class Threshold:
    """A model, as users write one."""

    model_id, version = "threshold", "1.0.0"

    def __init__(self, at: float) -> None:
        self.at = at

    def predict(self, data: Any) -> Any:
        return (np.asarray(data)[:, 0] > self.at).astype(int)

    def get_metrics(self) -> dict[str, float]:
        return {"accuracy": 0.5}


@pytest.fixture
def away(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """The address of a server that is not there, of which that is soon known."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        address = f"http://127.0.0.1:{taken.getsockname()[1]}"
    for name, value in {
        "MLFLOW_TRACKING_URI": address,
        "MLFLOW_HA_DEADLINE": "0.3",
        "MLFLOW_MAX_RETRIES": "1",
        "MLFLOW_HA_PROBE_INTERVAL": "0.05",
    }.items():
        monkeypatch.setenv(name, value)
    settings.current.cache_clear()
    # Other tests' servers may be looked for, too.
    before = set(threading.enumerate())
    yield address
    # Who looks for that server would go on to do so in other tests.
    for known in server.known():
        known.breaker.reset()
    for thread in set(threading.enumerate()) - before:
        if thread.name == "mlflow-ha-probe":
            thread.join(10)
            assert not thread.is_alive()


@pytest.fixture
def mock(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOKUSAI_MOCK_MODE", "true")


def told(make: Callable[[], Any]) -> tuple[Any, list[warnings.WarningMessage]]:
    """Make a manager; return it with the warnings of mock mode."""
    with warnings.catch_warnings(record=True) as warned:
        warnings.simplefilter("always")
        made = make()
    return made, [one for one in warned if issubclass(one.category, MockModeWarning)]


@pytest.mark.parametrize("kind", MAKERS)
def test_each_manager_warns_once_at_its_callers_line(kind: str, mock: None) -> None:
    del mock
    made, warned = told(MAKERS[kind])
    assert made.mock_mode
    (warning,) = warned
    assert warning.filename == __file__
    assert "HOKUSAI_MOCK_MODE is on" in str(warning.message)
    assert made.tracking_uri in str(warning.message)


@pytest.mark.parametrize("value", ["", "0", "false", "no", "off"])
def test_it_is_off_by_default_and_can_be_switched_off(
    value: str, address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOKUSAI_MOCK_MODE", value)
    monkeypatch.setenv("MLFLOW_TRACKING_URI", address)
    for make in MAKERS.values():
        made, warned = told(make)
        assert (made.mock_mode, warned, made.tracking_uri) == (False, [], address)


def test_a_value_that_is_neither_true_nor_false_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOKUSAI_MOCK_MODE", "perhaps")
    with pytest.raises(settings.SettingsError, match="HOKUSAI_MOCK_MODE='perhaps' is neither"):
        ModelRegistry()


def test_a_server_that_is_away_is_an_error_and_no_reason_to_pretend(away: str) -> None:
    with plugged_in(), pytest.raises(TrackingUnavailable, match=away):
        ExperimentManager("e")


@pytest.mark.parametrize("kind", MAKERS)
def test_a_server_that_is_away_is_stood_in_for_where_that_is_allowed_and_it_is_said_why(
    kind: str, away: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOKUSAI_OPTIONAL_MLFLOW", "true")
    made, (warning,) = told(MAKERS[kind])
    assert made.mock_mode
    assert f"HOKUSAI_OPTIONAL_MLFLOW is on and MLflow at {away} is away" in str(warning.message)


def test_a_server_that_is_there_is_used_though_it_is_optional(
    little: LittleServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOKUSAI_OPTIONAL_MLFLOW", "true")
    registry, warned = told(lambda: ModelRegistry(little.uri))
    assert (registry.mock_mode, warned) == (False, [])


def test_with_a_spool_nothing_needs_to_be_stood_in_for(
    away: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOKUSAI_OPTIONAL_MLFLOW", "true")
    monkeypatch.setenv("MLFLOW_HA_SPOOL", "1")
    settings.current.cache_clear()
    registry, warned = told(ModelRegistry)
    assert (registry.mock_mode, warned, registry.tracking_uri) == (False, [], away)


def test_a_manager_goes_where_its_registry_pretends_and_says_so(
    mock: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    del mock
    registry, _ = told(ModelRegistry)
    monkeypatch.delenv("HOKUSAI_MOCK_MODE")
    manager, (warning,) = told(lambda: ExperimentManager(registry))
    assert (manager.mock_mode, manager.tracking_uri) == (True, registry.tracking_uri)
    assert "its registry is in mock mode" in str(warning.message)


def test_when_it_is_over_everything_is_where_it_was(
    mock: None, address: str, other_address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    del mock
    mlflow.set_tracking_uri(address)
    mlflow.set_registry_uri(other_address)
    experiment = mlflow.set_experiment("before").experiment_id
    for make in (*MAKERS.values(), *MAKERS.values()):
        told(make)
    assert mlflow.get_registry_uri() == mlflow.get_tracking_uri()
    monkeypatch.delenv("HOKUSAI_MOCK_MODE")
    registry, warned = told(ModelRegistry)
    assert (registry.mock_mode, warned, registry.tracking_uri) == (False, [], address)
    with mlflow.start_run() as run:
        assert run.info.experiment_id == experiment
    assert (mlflow.get_tracking_uri(), mlflow.get_registry_uri()) == (address, other_address)


def test_all_that_is_made_bears_a_label(mock: None) -> None:
    del mock
    registry, _ = told(ModelRegistry)
    manager, _ = told(lambda: ExperimentManager(registry))
    with manager.start_experiment("e") as run:
        mlflow.log_metric("m", 1.0)
    created = manager.create_improvement_experiment("threshold", {"features": [1]})
    entry = registry.register_baseline(Threshold(0.5), "churn")
    data = {"features": np.array([[0.0], [1.0]]), "labels": [0, 1]}
    compared = manager.compare_models("threshold", "threshold", data)
    token = registry.register_tokenized_model("models:/churn/1", "t", "msg-ai", "rate", 0.1)
    for run_id in (run.info.run_id, created, compared["run_id"]):
        assert registry.client.get_run(run_id).data.tags["mlflow_ha.mock"] == "true"
    assert entry.mock
    assert entry.tags["mlflow_ha.mock"] == "true"
    assert (compared["mock"], token["mock"]) == (True, True)
    assert all(told["mock"] for told in manager.get_experiment_history())


def test_it_reaches_no_network_whatever_the_environment_names(
    mock: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    del mock
    reached: list[object] = []

    def connect(_self: socket.socket, where: object) -> None:
        reached.append(where)
        raise ConnectionRefusedError

    monkeypatch.setattr(socket.socket, "connect", connect)
    monkeypatch.setattr(socket.socket, "connect_ex", connect)
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "http://127.0.0.1:9")
    monkeypatch.setenv("MLFLOW_REGISTRY_URI", "http://127.0.0.1:9")
    monkeypatch.setenv("MLFLOW_EXPERIMENT_ID", "77")
    registry, _ = told(lambda: ModelRegistry("http://127.0.0.1:9", "key", "http://127.0.0.1:9"))
    manager, _ = told(lambda: ExperimentManager(registry, "http://127.0.0.1:9"))
    with manager.start_experiment("e") as run:
        mlflow.pyfunc.log_model(
            name="model",
            loader_module="mlflow_ha.managers.kept_model",
            pip_requirements=[],
        )
    entry = registry.register_baseline_via_api("churn", run.info.run_id)
    mlflow.register_model(f"models:/churn/{entry.mlflow_version}", "by-mlflow-itself")
    assert registry.get_latest_model("churn").model_id == entry.model_id
    assert not reached


def test_its_folder_is_gone_with_the_process_that_made_it_and_not_before() -> None:
    script = """
import os, warnings
warnings.simplefilter("ignore")
from mlflow_ha import ModelRegistry
folder = ModelRegistry().tracking_uri.removeprefix("file://")
if (child := os.fork()) == 0:
    raise SystemExit  # with all that happens at an exit
os.waitpid(child, 0)
assert os.path.isdir(os.path.dirname(folder))
print(folder)
"""
    ended = subprocess.run(
        [sys.executable, "-c", script],
        env={"HOKUSAI_MOCK_MODE": "1", "PYTHONPATH": str(ROOT / "client" / "src")},
        capture_output=True, text=True, timeout=120, check=True,
    )  # fmt: skip
    folder = Path(ended.stdout.strip()).parent
    assert folder.name.startswith("mlflow-ha-mock-")
    assert not folder.exists()
