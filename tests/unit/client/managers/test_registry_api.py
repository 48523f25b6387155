"""A baseline asked of another service is asked for again only where that cannot make two."""

import socket
from datetime import UTC, datetime
from typing import Any

import pytest
from mlflow_ha import (
    ModelRegistry,
    OutcomeUnknown,
    RegistryException,
    RegistryUnavailable,
    TrackingUnavailable,
    settings,
)

from tests.unit.client.managers.answering import Answering

ENTRY = {
    "model_id": "i",
    "model_type": "churn",
    "version": "1.0.0",
    "metrics": {"accuracy": 0.9},
    "mlflow_version": 3,
    "timestamp": "2026-01-02T03:04:05",
}


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MLFLOW_HA_DEADLINE", "3")
    monkeypatch.setenv("MLFLOW_BASE_DELAY", "0.01")
    monkeypatch.setenv("MLFLOW_HA_PROBE_INTERVAL", "0.05")
    settings.current.cache_clear()


def registry(address: str, endpoint: str, key: str | None = "k") -> ModelRegistry:
    return ModelRegistry(address, api_key=key, api_endpoint=endpoint)


def test_the_service_is_asked_with_its_key_and_its_answer_is_an_entry(address: str) -> None:
    with Answering((200, ENTRY)) as service:
        made = registry(address, service.uri + "/").register_baseline_via_api(
            "churn", "r", {"trained": datetime(2026, 1, 2, tzinfo=UTC)}
        )
    ((path, headers, sent),) = service.asked
    assert path == "/api/v1/models/baseline"
    assert headers["Authorization"] == "Bearer k"
    assert sent == {
        "model_type": "churn",
        "mlflow_run_id": "r",
        "metadata": {"trained": "2026-01-02T00:00:00+00:00"},
    }
    assert (made.model_id, made.version, made.mlflow_version) == ("i", "1.0.0", "3")
    assert made.is_baseline
    assert made.metrics == {"accuracy": 0.9}
    assert made.timestamp == datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)


def test_the_key_may_stand_in_the_environment_and_mlflows_login_is_not_sent(
    address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOKUSAI_API_KEY", "from-the-environment")
    monkeypatch.setenv("MLFLOW_TRACKING_TOKEN", "of-mlflow")
    with Answering((200, ENTRY)) as service:
        registry(address, service.uri, None).register_baseline_via_api("churn", "r")
    ((_, headers, _),) = service.asked
    assert headers["Authorization"] == "Bearer from-the-environment"


def test_a_service_that_is_busy_is_asked_again_with_the_same_key(address: str) -> None:
    with Answering((429, {}), (200, ENTRY)) as service:
        registry(address, service.uri).register_baseline_via_api("churn", "r")
    first, second = (headers["X-MLflow-HA-Idempotency-Key"] for _, headers, _ in service.asked)
    assert first == second


@pytest.mark.parametrize("lost", [None, (500, "proxy error"), (502, "")])
def test_an_answer_that_was_lost_is_said_to_be_lost_and_not_asked_for_again(
    lost: Any, address: str
) -> None:
    with (
        Answering(lost, (200, ENTRY)) as service,
        pytest.raises(OutcomeUnknown, match="Look wheth"),
    ):
        registry(address, service.uri).register_baseline_via_api("churn", "r")
    assert len(service.asked) == 1


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        ((404, "no such run"), "refused with HTTP 404: no such run"),
        ((401, "who are you"), "refused with HTTP 401"),
        ((200, {"model_id": "i"}), "answered without model_type, version"),
        ((200, "<html>"), "did not answer with a JSON object"),
        ((200, [1]), "did not answer with a JSON object"),
    ],
)
def test_what_the_service_refuses_or_does_not_say_is_told_without_its_password(
    answer: Any, reason: str, address: str
) -> None:
    with Answering(answer) as service, pytest.raises(RegistryException) as refused:
        registry(address, service.uri).register_baseline_via_api("churn", "r")
    assert reason in refused.value.message
    assert "secret" not in refused.value.message


def test_a_service_that_is_away_is_told_with_the_time_to_come_back(address: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        nobody = f"http://127.0.0.1:{taken.getsockname()[1]}"
    with pytest.raises(RegistryUnavailable) as away:
        registry(address, nobody).register_baseline_via_api("churn", "r")
    assert isinstance(away.value, (RegistryException, TrackingUnavailable))
    assert away.value.server == nobody
    assert away.value.retry_after > 0


@pytest.mark.parametrize(("model_type", "run"), [("", "r"), ("churn", ""), (None, "r")])
def test_what_is_missing_is_named_before_anybody_is_asked(
    model_type: Any, run: str, address: str
) -> None:
    with pytest.raises(ValueError, match=r"is needed, as text"):
        registry(address, "http://127.0.0.1:9").register_baseline_via_api(model_type, run)
