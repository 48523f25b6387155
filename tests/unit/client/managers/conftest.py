"""MLflow with nothing set, and folders for it that count as servers."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.unit.client.managers.fresh_mlflow import fresh_mlflow


@pytest.fixture(autouse=True)
def fresh(anew: None) -> Iterator[None]:
    del anew
    with fresh_mlflow(MLFLOW_ALLOW_FILE_STORE="true", MLFLOW_DISABLE_TELEMETRY="true"):
        yield


@pytest.fixture
def address(tmp_path: Path) -> str:
    """A server's address that needs no server."""
    return (tmp_path / "server").as_uri()


@pytest.fixture
def other_address(tmp_path: Path) -> str:
    return (tmp_path / "other").as_uri()
