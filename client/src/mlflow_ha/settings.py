"""How long to try, when to give a server up: from the environment, with bounds."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Annotated

from pydantic import AfterValidator, AliasChoices, Field, SecretStr, ValidationError
from pydantic_core import ErrorDetails
from pydantic_settings import BaseSettings, SettingsConfigDict

Seconds = Annotated[float, Field(gt=0)]


def _is_an_address(secret: SecretStr) -> SecretStr:
    if not secret.get_secret_value().startswith(("http://", "https://")):
        raise ValueError("It has to begin with http:// or https://")
    return secret


SecretAddress = Annotated[SecretStr, AfterValidator(_is_an_address)]
"""Whoever knows the address of a webhook can write to it: it is in no text."""


def _variable(name: str, *others: str) -> AliasChoices:
    return AliasChoices(name, *others)


class MLflowSettings(BaseSettings):
    """Each field is set by the environment variable named beside it, or by its own name in code."""

    model_config = SettingsConfigDict(populate_by_name=True, frozen=True, extra="ignore")

    enable_circuit_breaker: bool = Field(
        default=True,
        validation_alias=_variable("MLFLOW_HA_CIRCUIT_BREAKER"),
        description="Enable circuit breaker for MLflow resilience",
    )
    circuit_breaker_failure_threshold: int = Field(
        default=5,
        ge=1,
        le=20,
        validation_alias=_variable("MLFLOW_CB_FAILURE_THRESHOLD"),
        description="Failures before opening circuit",
    )
    circuit_breaker_recovery_timeout: int = Field(
        default=60,
        ge=30,
        le=300,
        validation_alias=_variable("MLFLOW_CB_RECOVERY_TIMEOUT"),
        description="Recovery timeout in seconds; the background probe usually ends it sooner",
    )
    max_retries: int = Field(
        default=3,
        ge=0,
        le=20,
        validation_alias=_variable("MLFLOW_MAX_RETRIES"),
        description="Retries with growing pauses; then one per probe until the deadline",
    )
    retry_delay: Seconds = Field(
        default=2.0,
        le=60,
        validation_alias=_variable("MLFLOW_BASE_DELAY"),
        description="Seconds; the first pause is a random part of it, each later one of its double",
    )
    connection_timeout: Seconds = Field(
        default=3.0,
        le=60,
        validation_alias=_variable("MLFLOW_HA_CONNECTION_TIMEOUT"),
        description="Seconds until a server that does not take the connection counts as away",
    )
    request_timeout: Seconds = Field(
        default=30.0,
        le=86400,
        validation_alias=_variable("MLFLOW_HA_REQUEST_TIMEOUT", "MLFLOW_HTTP_REQUEST_TIMEOUT"),
        description="Seconds without a byte of the answer until the first attempt is given up; "
        "each later one waits twice as long",
    )
    deadline: Seconds = Field(
        default=300.0,
        le=86400,
        validation_alias=_variable("MLFLOW_HA_DEADLINE"),
        description="Seconds for one call, all attempts and waits included",
    )
    probe_interval: Seconds = Field(
        default=1.0,
        le=60,
        validation_alias=_variable("MLFLOW_HA_PROBE_INTERVAL"),
        description="Seconds between two looks at a server that is away, half of them random",
    )
    fail_fast: bool = Field(
        default=False,
        validation_alias=_variable("MLFLOW_HA_FAIL_FAST"),
        description="Raise at once while the breaker is open instead of waiting",
    )
    spool: bool = Field(
        default=False,
        validation_alias=_variable("MLFLOW_HA_SPOOL"),
        description="Keep what cannot be sent, and send it when the server is back",
    )
    spool_dir: Path = Field(
        default=Path("~/.local/state/mlflow-ha/spool"),
        validation_alias=_variable("MLFLOW_HA_SPOOL_DIR"),
        description="Where, on a disk of this machine; one folder may serve several processes",
    )
    spool_patience: Seconds = Field(
        default=1.0,
        le=60,
        validation_alias=_variable("MLFLOW_HA_SPOOL_PATIENCE"),
        description="Seconds a call waits for the server before it is answered from the spool",
    )
    spool_successor_hours: float = Field(
        default=24.0,
        ge=0,
        le=720,
        validation_alias=_variable("MLFLOW_HA_SPOOL_SUCCESSOR_HOURS"),
        description="How long a process may go on sending after its starter has ended; 0: never",
    )
    coalesce: bool = Field(
        default=False,
        validation_alias=_variable("MLFLOW_HA_COALESCE"),
        description="Send metrics, parameters and tags in the background, many in one request",
    )
    coalesce_seconds: float = Field(
        default=0.1,
        ge=0,
        le=60,
        validation_alias=_variable("MLFLOW_HA_COALESCE_SECONDS"),
        description="Seconds they may be in memory alone: then they are being sent, and with a spool "
        "on disk; 0, with a spool: they are on disk before the call returns",
    )
    coalesce_values: int = Field(
        default=2000,
        ge=1,
        le=100_000,
        validation_alias=_variable("MLFLOW_HA_COALESCE_VALUES"),
        description="Metrics, parameters and tags that may be unsent; a call beyond that sends first",
    )
    health_token: SecretStr | None = Field(
        default=None,
        min_length=1,
        validation_alias=_variable("MLFLOW_HA_HEALTH_TOKEN"),
        description="Who knows it may reset the breaker by the health API; none: nobody may",
    )
    alert_webhook: SecretAddress | None = Field(
        default=None,
        validation_alias=_variable("MLFLOW_HA_ALERT_WEBHOOK"),
        description="Told when the breaker opens and when it closes; none: nobody is",
    )
    tracking_uri: str | None = Field(
        default=None,
        validation_alias=_variable("MLFLOW_TRACKING_URI"),
        description="The server; none: what MLflow itself would use",
    )

    @property
    def effective_tracking_uri(self) -> str:
        """The tracking server's address, as MLflow resolves it if none was set."""
        if self.tracking_uri:
            return self.tracking_uri
        import mlflow  # noqa: PLC0415  (seconds; only who asks pays)

        return str(mlflow.get_tracking_uri())


_SECRET = ("MLFLOW_HA_HEALTH_TOKEN", "MLFLOW_HA_ALERT_WEBHOOK")


class SettingsError(ValueError):
    """The environment holds a value that cannot be used; the text names each."""


@cache
def current() -> MLflowSettings:
    """Return the settings of this process, read once.

    Raises:
        SettingsError: Names each variable, its value and the rule it broke.
    """
    try:
        return MLflowSettings()
    except ValidationError as error:
        told = "; ".join(map(_told, error.errors()))
        raise SettingsError(f"{told}. Correct or unset it") from None


def _told(item: ErrorDetails) -> str:
    name, rule = str(item["loc"][0]), item["msg"].removeprefix("Value error, ")
    value = "***" if name in _SECRET else repr(item["input"])
    return f"{name}={value}: {rule[0].lower()}{rule[1:]}"
