"""Two servers behind doors that can be closed, and the client's wheel in an environment of its own."""

import site
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from bench.client_kills.door import Door
from tests.cluster.client.contents import Contents
from tests.cluster.client.environment import Ready
from tests.cluster.client.stock_server import StockServer
from tests.cluster.server.conftest import empty_postgres, pg
from tests.cluster.server.instance import MLFLOW_ADMIN, Instance
from tests.cluster.server.postgres import Postgres, binaries
from tests.cluster.server.simple_storage import BUCKET, KEYS, SimpleStorage
from tools.client_environment import CLIENT, install, virtual_environment, wheel

__all__ = ["empty_postgres", "pg"]  # fixtures of another folder, used here


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark what needs a real PostgreSQL; skip it, with the reason, where none is installed."""
    here = Path(__file__).parent
    for item in items:
        if here in item.path.parents:
            item.add_marker(pytest.mark.postgres)
            if binaries() is None:
                item.add_marker(pytest.mark.skip(reason="PostgreSQL is not installed"))


@pytest.fixture(scope="session")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The client's wheel."""
    return wheel(CLIENT, tmp_path_factory.mktemp("wheel"))


@pytest.fixture(scope="session")
def ready(
    begun: StockServer, built: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Ready]:
    """Runs scripts where the wheel is installed beside the MLflow of this environment."""
    del begun  # only to have it start meanwhile
    folder = tmp_path_factory.mktemp("client")
    python = virtual_environment(folder / "venv", *map(Path, site.getsitepackages()))
    install(python, "--offline", "--no-deps", str(built))
    running = Ready(python, folder)
    yield running
    running.stop()


@dataclass
class Reached:
    """A server, as clients reach it.

    Attributes:
        door: Can be closed, and loses answers on request.
        variables: What a client needs to reach it through the door.
        contents: What it holds, past the door.
    """

    door: Door
    variables: dict[str, str]
    contents: Contents
    count: int = field(default=0)


@pytest.fixture(scope="session")
def begun(tmp_path_factory: pytest.TempPathFactory) -> Iterator[StockServer]:
    """A stock server that starts while other things do."""
    running = StockServer(tmp_path_factory.mktemp("stock"))
    yield running
    running.stop()


@pytest.fixture(scope="session")
def stock_server(begun: StockServer) -> StockServer:
    return begun.wait_ready()


@pytest.fixture
def stock(stock_server: StockServer) -> Iterator[Reached]:
    """A stock MLflow."""
    door = Door(stock_server.port)
    yield Reached(door, {"MLFLOW_TRACKING_URI": door.uri}, Contents(stock_server.uri))
    door.end()


@pytest.fixture(scope="session")
def storage() -> Iterator[SimpleStorage]:
    made = SimpleStorage()
    yield made
    made.close()


@pytest.fixture(scope="session")
def instance(
    ready: Ready, pg: Postgres, storage: SimpleStorage, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Instance]:
    del ready  # only to have it start meanwhile
    with pytest.MonkeyPatch.context() as patch:
        for name, value in {**KEYS, "MLFLOW_S3_ENDPOINT_URL": storage.url}.items():
            patch.setenv(name, value)
        folder = tmp_path_factory.mktemp("instance")
        running = Instance(pg, folder, ARTIFACTS_DESTINATION=f"s3://{BUCKET}").wait_ready()
    yield running
    running.stop()


@pytest.fixture
def ours(instance: Instance) -> Iterator[Reached]:
    """An instance of this repository's server."""
    door = Door(instance.port)
    user, password = MLFLOW_ADMIN
    login = {"MLFLOW_TRACKING_USERNAME": user, "MLFLOW_TRACKING_PASSWORD": password}
    variables = {"MLFLOW_TRACKING_URI": door.uri, **login}
    yield Reached(door, variables, Contents(instance.url, MLFLOW_ADMIN))
    door.end()


@pytest.fixture(params=["ours", "stock"])
def server(request: pytest.FixtureRequest) -> Any:
    """Each of the two in turn."""
    return request.getfixturevalue(request.param)


@pytest.fixture
def spool(tmp_path: Path) -> dict[str, str]:
    """What turns the spool on, in a folder of the test's own."""
    return {"MLFLOW_HA_SPOOL": "1", "MLFLOW_HA_SPOOL_DIR": str(tmp_path / "spool")}
