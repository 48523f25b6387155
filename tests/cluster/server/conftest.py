"""One PostgreSQL for all tests of this folder, provisioned and migrated once."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cluster.server.instance import Instance, run
from tests.cluster.server.postgres import Postgres, binaries
from tests.cluster.server.simple_storage import KEYS, SimpleStorage


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark what needs a real PostgreSQL; skip it, with the reason, where none is installed."""
    here = Path(__file__).parent
    for item in items:
        if here in item.path.parents:
            item.add_marker(pytest.mark.postgres)
            if binaries() is None:
                item.add_marker(pytest.mark.skip(reason="PostgreSQL is not installed"))


@pytest.fixture(scope="session")
def empty_postgres(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Postgres]:
    """A running server without roles or database."""
    server = Postgres(tmp_path_factory.mktemp("postgres"))
    server.start()
    yield server
    server.stop()


@pytest.fixture(scope="session")
def pg(empty_postgres: Postgres) -> Postgres:
    """A provisioned and migrated server."""
    for command in ("provision", "migrate"):
        done = run(command, empty_postgres)
        assert done.returncode == 0, done.stdout + done.stderr
    return empty_postgres


@pytest.fixture(scope="module")
def server(pg: Postgres, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Instance]:
    """A running instance, for the tests of one module."""
    running = Instance(pg, tmp_path_factory.mktemp("instance")).wait_ready()
    yield running
    running.stop()


@pytest.fixture(scope="module")
def simple_storage() -> Iterator[SimpleStorage]:
    """S3 with one bucket, which every command of the module is told of."""
    storage = SimpleStorage()
    with pytest.MonkeyPatch.context() as patch:
        for name, value in {**KEYS, "MLFLOW_S3_ENDPOINT_URL": storage.url}.items():
            patch.setenv(name, value)
        yield storage
    storage.close()


@pytest.fixture
def store(simple_storage: SimpleStorage) -> SimpleStorage:
    """The bucket, empty."""
    simple_storage.empty()
    return simple_storage
