"""A client with nothing around it: settings and knowledge of servers begin anew in each test."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from mlflow_ha import metrics, server, settings
from mlflow_ha.spool import keeper

from tests.unit.client.little_server import LittleServer


@pytest.fixture(autouse=True)
def anew(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[None]:
    for variable in ("MLFLOW_TRACKING_URI", "MLFLOW_TRACKING_USERNAME", "MLFLOW_TRACKING_PASSWORD"):
        monkeypatch.delenv(variable, raising=False)
    # No test may leave a process or a file behind it.
    monkeypatch.setenv("MLFLOW_HA_SPOOL_DIR", str(tmp_path / "spool"))
    monkeypatch.setenv("MLFLOW_HA_SPOOL_SUCCESSOR_HOURS", "0")
    forget()
    yield
    keeper.close_all()
    forget()
    metrics.stop()


def forget() -> None:
    settings.current.cache_clear()
    server._servers.clear()


@pytest.fixture
def little() -> Iterator[LittleServer]:
    with LittleServer() as running:
        yield running
