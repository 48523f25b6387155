"""One place after the other where managers work: the mock folder, our server, a stock server."""

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

import pytest
from mlflow_ha import ExperimentManager, MockModeWarning, ModelRegistry, server, settings
from mlflow_ha.spool import keeper

from tests.cluster.client.conftest import Reached
from tests.unit.client.managers.fresh_mlflow import fresh_mlflow, plugged_in

QUICK = {
    "MLFLOW_HA_DEADLINE": "60",
    "MLFLOW_BASE_DELAY": "0.1",
    "MLFLOW_HA_SPOOL_SUCCESSOR_HOURS": "0",
    "MLFLOW_DISABLE_TELEMETRY": "true",
}


@dataclass(frozen=True)
class At:
    """Where managers work in a test.

    Attributes:
        mock: Whether no server is there.
        uri: Of the server.
        reached: The server, None in mock mode.
    """

    mock: bool
    uri: str
    reached: Reached | None = None

    def registry(self, **more: Any) -> ModelRegistry:
        with self._said():
            return ModelRegistry(self.uri, **more)

    def manager(self, *arguments: Any, **more: Any) -> ExperimentManager:
        with self._said():
            return ExperimentManager(*arguments, **more)

    @contextmanager
    def _said(self) -> Iterator[None]:
        with warnings.catch_warnings(record=True) as warned:
            warnings.simplefilter("always")
            yield
        told = [one for one in warned if issubclass(one.category, MockModeWarning)]
        assert len(told) == self.mock


def unique(name: str) -> str:
    """Return a name that nothing on a server has yet."""
    return f"{name}-{uuid4().hex[:8]}"


@contextmanager
def in_process(**variables: str) -> Iterator[None]:
    """The client plugged into MLflow, with these variables, knowing nothing yet."""
    _forget()
    with fresh_mlflow(**{**QUICK, **variables}), plugged_in():
        yield
        keeper.close_all()
    _forget()


def _forget() -> None:
    settings.current.cache_clear()
    server._servers.clear()


@pytest.fixture(params=["mock", "ours", "stock"])
def at(request: pytest.FixtureRequest) -> Iterator[At]:
    if request.param == "mock":
        nobody = "http://127.0.0.1:9"
        with in_process(HOKUSAI_MOCK_MODE="true", MLFLOW_TRACKING_URI=nobody):
            yield At(mock=True, uri=nobody)
        return
    reached: Reached = request.getfixturevalue(request.param)
    with in_process(**reached.variables):
        yield At(mock=False, uri=reached.door.uri, reached=reached)


@pytest.fixture
def at_ours(ours: Reached) -> Iterator[At]:
    """Our server only."""
    with in_process(**ours.variables):
        yield At(mock=False, uri=ours.door.uri, reached=ours)
