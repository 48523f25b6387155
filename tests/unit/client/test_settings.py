"""Settings come from the environment by their names, within bounds; what is wrong is said."""

from typing import Any

import pytest
from mlflow_ha.settings import MLflowSettings, SettingsError, current
from pydantic import ValidationError


@pytest.mark.parametrize(
    ("variable", "value", "name", "expected"),
    [
        ("MLFLOW_HA_CIRCUIT_BREAKER", "0", "enable_circuit_breaker", False),
        ("MLFLOW_CB_FAILURE_THRESHOLD", "7", "circuit_breaker_failure_threshold", 7),
        ("MLFLOW_CB_RECOVERY_TIMEOUT", "30", "circuit_breaker_recovery_timeout", 30),
        ("MLFLOW_MAX_RETRIES", "0", "max_retries", 0),
        ("MLFLOW_BASE_DELAY", "0.5", "retry_delay", 0.5),
        ("MLFLOW_HA_CONNECTION_TIMEOUT", "1", "connection_timeout", 1.0),
        (
            "MLFLOW_TRACKING_URI",
            "http://127.0.0.1:1",
            "effective_tracking_uri",
            "http://127.0.0.1:1",
        ),
    ],
)
def test_a_variable_sets_it(
    monkeypatch: pytest.MonkeyPatch, variable: str, value: str, name: str, expected: Any
) -> None:
    monkeypatch.setenv(variable, value)
    assert getattr(current(), name) == expected


def test_without_variables_the_defaults_hold() -> None:
    settings = current()
    assert settings.enable_circuit_breaker
    assert settings.circuit_breaker_failure_threshold == 5
    assert settings.circuit_breaker_recovery_timeout == 60
    assert (settings.max_retries, settings.retry_delay) == (3, 2.0)
    assert settings.health_token is settings.alert_webhook is None


@pytest.mark.parametrize(
    ("variable", "value", "rule"),
    [
        ("MLFLOW_CB_FAILURE_THRESHOLD", "0", "greater than or equal to 1"),
        ("MLFLOW_CB_FAILURE_THRESHOLD", "21", "less than or equal to 20"),
        ("MLFLOW_CB_RECOVERY_TIMEOUT", "29", "greater than or equal to 30"),
        ("MLFLOW_CB_RECOVERY_TIMEOUT", "301", "less than or equal to 300"),
        ("MLFLOW_BASE_DELAY", "0", "greater than 0"),
        ("MLFLOW_MAX_RETRIES", "many", "valid integer"),
    ],
)
def test_what_is_out_of_bounds_is_named_with_its_rule(
    monkeypatch: pytest.MonkeyPatch, variable: str, value: str, rule: str
) -> None:
    monkeypatch.setenv(variable, value)
    with pytest.raises(SettingsError, match=f"{variable}='{value}': .*{rule}.*Correct or unset it"):
        current()


@pytest.mark.parametrize("threshold", [1, 20])
@pytest.mark.parametrize("timeout", [30, 300])
def test_the_bounds_themselves_are_allowed(threshold: int, timeout: int) -> None:
    MLflowSettings(
        circuit_breaker_failure_threshold=threshold, circuit_breaker_recovery_timeout=timeout
    )


def test_secrets_are_in_no_text(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MLFLOW_HA_HEALTH_TOKEN", "s3cret")
    monkeypatch.setenv("MLFLOW_HA_ALERT_WEBHOOK", "https://chat.example/s3cret")
    assert "s3cret" not in repr(current())
    assert "s3cret" not in current().model_dump_json()
    current.cache_clear()
    monkeypatch.setenv("MLFLOW_HA_ALERT_WEBHOOK", "chat.example/s3cret")
    with pytest.raises(
        SettingsError, match=r"MLFLOW_HA_ALERT_WEBHOOK=\*\*\*: it has to begin with"
    ):
        current()


def test_an_empty_token_is_refused_rather_than_taken_for_one(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("MLFLOW_HA_HEALTH_TOKEN", "")
    with pytest.raises(SettingsError, match="MLFLOW_HA_HEALTH_TOKEN"):
        current()


def test_a_webhook_is_an_http_address() -> None:
    with pytest.raises(ValidationError):
        MLflowSettings(alert_webhook="ftp://127.0.0.1/x")  # type: ignore[arg-type]  # a text, as from a variable
