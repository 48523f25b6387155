"""Where managers work: at a tracking server, or, in mock mode, in a folder of this process."""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from urllib.parse import urlsplit

import mlflow
import tenacity
from mlflow import MlflowClient
from pydantic import Field, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict

from mlflow_ha.address import redacted
from mlflow_ha.managers.mock_folder import mock_folder
from mlflow_ha.server import server_at
from mlflow_ha.settings import SettingsError, current

MOCK, OPTIONAL = "HOKUSAI_MOCK_MODE", "HOKUSAI_OPTIONAL_MLFLOW"
LABEL = "mlflow_ha.mock"
"""Tag of whatever is made in mock mode."""
_CALLER_OF_A_CONSTRUCTOR = 3


class MockModeWarning(UserWarning):
    """Nothing reaches a tracking server: see docs/guides/migration.md."""


class MockSettings(BaseSettings):
    """Read anew for each manager. Both are off unless somebody turns them on."""

    model_config = SettingsConfigDict(frozen=True, extra="ignore", env_ignore_empty=True)

    always: bool = Field(default=False, validation_alias=MOCK)
    if_away: bool = Field(default=False, validation_alias=OPTIONAL)

    @classmethod
    def read(cls) -> MockSettings:
        """Return what the environment says.

        Raises:
            SettingsError: It says something that is neither true nor false.
        """
        try:
            return cls()
        except ValidationError as error:
            told = ", ".join(f"{item['loc'][0]}={item['input']!r}" for item in error.errors())
            raise SettingsError(f"{told} is neither true nor false. Correct or unset it") from None


@dataclass(frozen=True)
class Place:
    """A tracking server, or the folder that stands in for one.

    Attributes:
        uri: Of its tracking store.
        mock: Whether it is the folder.
    """

    uri: str
    mock: bool

    @property
    def labels(self) -> dict[str, str]:
        """Tags for what is made here."""
        return {LABEL: "true"} if self.mock else {}

    def client(self) -> MlflowClient:
        return MlflowClient(self.uri, self.uri if self.mock else None)

    def use(self) -> None:
        """Have MLflow's fluent functions work here too."""
        if self.mock:
            mock_folder().enter()
        else:
            mock_folder().leave()
            mlflow.set_tracking_uri(self.uri)


def place_for(uri: str | None) -> Place:
    """Return where a manager works; to be called by its constructor.

    Args:
        uri: Of the server; none: the one MLflow would use.

    Warns:
        MockModeWarning: Mock mode was asked for, or was allowed and the server is away.

    Raises:
        SettingsError: The environment holds a value that cannot be used.
    """
    server = uri or mock_folder().instead_of
    why = _why_mock(server)
    if why is None:
        return Place(server, mock=False)
    folder = mock_folder().uri
    warnings.warn(
        f"{why}: this manager works in mock mode. It keeps everything in {folder}, which is deleted "
        "when this process ends, and sends nothing to a server; MLflow's own functions in this "
        "process do the same. What it makes bears the tag "
        f"{LABEL}=true. Unset {MOCK} and {OPTIONAL} to have it work at a server",
        MockModeWarning,
        stacklevel=_CALLER_OF_A_CONSTRUCTOR,
    )
    return Place(folder, mock=True)


def _why_mock(server: str) -> str | None:
    wanted = MockSettings.read()
    if wanted.always:
        return f"{MOCK} is on"
    if mock_folder().is_at(server):
        return "its registry is in mock mode"
    if wanted.if_away and not _takes_writes(server):
        return f"{OPTIONAL} is on and MLflow at {redacted(server)} is away"
    return None


def _takes_writes(server: str) -> bool:
    """Whether a server is there, or what is sent to it is kept until it is."""
    settings = current()
    if urlsplit(server).scheme not in ("http", "https") or settings.spool:
        return True
    asking = tenacity.Retrying(
        stop=tenacity.stop_after_attempt(settings.max_retries + 1),
        wait=tenacity.wait_fixed(settings.probe_interval),
        retry=tenacity.retry_if_result(lambda is_back: not is_back),
        retry_error_callback=lambda _last: False,
    )
    return bool(asking(server_at(server, settings).is_back))
