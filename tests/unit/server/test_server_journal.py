"""Proves that SQLAlchemy's events write true histories, and into the right request.

On SQLite in memory, whose events are the same; PostgreSQL's errors are
tests/cluster/server's.
"""

import asyncio
import threading
from collections.abc import Iterator

import anyio.to_thread
import pytest
from mlflow_ha_server import engine_plugin, journal
from mlflow_ha_server.verdict import Committing, Failed, PoolTimedOut, RolledBack, Wrote
from sqlalchemy import Engine, create_engine, exc, text


@pytest.fixture
def engine() -> Iterator[Engine]:
    """A pool of two, through the plugin, as MLflow makes it."""
    made = create_engine(
        "sqlite:///file::memory:?uri=true&plugin=mlflow_ha&mlflow_ha_engine=tracking"
        "&mlflow_ha_pool_size=2&mlflow_ha_pool_timeout=0.05",
        pool_size=9, max_overflow=9,
    )  # fmt: skip
    with made.begin() as connection:
        connection.execute(text("CREATE TABLE t (i INTEGER PRIMARY KEY)"))
        journal.begin()
        yield made
    made.dispose()


def test_the_plugins_pool_replaces_what_mlflow_asked_for(engine: Engine) -> None:
    pool = engine.pool
    assert isinstance(pool, engine_plugin.JournaledPool)
    assert pool.size() == 2
    assert pool._max_overflow == 0
    assert engine.hide_parameters


def test_a_write_and_its_commit_are_noted_in_order() -> None:
    engine = create_engine("sqlite://")
    journal.listen()
    history = journal.begin()
    with engine.begin() as connection:
        connection.execute(text("CREATE TABLE t (i INTEGER PRIMARY KEY)"))
        connection.execute(text("INSERT INTO t VALUES (1)"))
    assert history.entries == [Wrote(0), Committing(0)]


def test_a_read_and_its_commit_are_no_write() -> None:
    engine = create_engine("sqlite://")
    journal.listen()
    history = journal.begin()
    with engine.begin() as connection:
        connection.execute(text(" select 1"))
    assert history.entries == [Committing(0)]


def test_a_failed_statement_is_noted_with_its_connection() -> None:
    engine = create_engine("sqlite://")
    journal.listen()
    history = journal.begin()
    with pytest.raises(exc.OperationalError), engine.begin() as connection:
        connection.execute(text("INSERT INTO nowhere VALUES (1)"))
    kinds = [type(e) for e in history.entries]
    assert kinds == [Wrote, Failed, RolledBack]
    assert isinstance(history.entries[1], Failed)
    assert history.entries[1].has_statement


def test_a_pool_time_out_is_noted_though_sqlalchemy_has_no_event_for_it(engine: Engine) -> None:
    history = journal.begin()
    with engine.connect(), pytest.raises(exc.TimeoutError):
        engine.connect()
    assert PoolTimedOut() in history.entries


def test_what_is_held_at_once_is_counted_by_engine(engine: Engine) -> None:
    history = journal.begin()
    with engine.connect():
        pass
    with engine.connect():
        pass
    assert history.most_held == {"tracking": 1}
    assert not history.mixed


def test_a_worker_thread_writes_into_its_own_requests_journal() -> None:
    engine = create_engine("sqlite://")
    journal.listen()

    def write() -> None:
        with engine.begin() as connection:
            connection.execute(text("CREATE TABLE IF NOT EXISTS t (i INTEGER)"))

    async def request() -> journal.Journal:
        history = journal.begin()
        await anyio.to_thread.run_sync(write)
        await asyncio.to_thread(write)
        return history

    async def both() -> list[journal.Journal]:
        return list(await asyncio.gather(request(), request()))

    for history in asyncio.run(both()):
        assert [type(e) for e in history.entries] == [Wrote, Committing] * 2


def test_a_thread_outside_any_request_is_not_noted() -> None:
    history = journal.begin()
    engine = create_engine("sqlite://")
    journal.listen()
    thread = threading.Thread(target=lambda: engine.connect().close())
    thread.start()
    thread.join()
    assert history.entries == []


@pytest.mark.parametrize(
    ("statement", "expected"),
    [
        ("SELECT 1", False), ("  show server_version", False), ("SAVEPOINT a", False),
        ("INSERT INTO t VALUES (1)", True), ("WITH x AS (DELETE FROM t) SELECT 1", True),
        ("UPDATE t SET i = 1", True), ("", True),
    ],
)  # fmt: skip
def test_what_may_write_counts_as_a_write(statement: str, expected: bool) -> None:
    assert journal.can_write(statement) is expected
