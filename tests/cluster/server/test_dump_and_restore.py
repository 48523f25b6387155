"""Proves that a dump comes back row for row, and that nothing else ever passes for one.

PostgreSQL and its programs are real; S3 is moto's. Left to AWS: keys, policies and replication.
"""

import hashlib
import json
import os
import stat
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psycopg2
import pytest

from tests.cluster.server.dumps import DUMPS, manifest_of
from tests.cluster.server.instance import OWNER_PASSWORD, run
from tests.cluster.server.postgres import Postgres, binaries
from tests.cluster.server.simple_storage import SimpleStorage

PART = 16 << 20
# Half of each character is chance, so 40 MB of them compress to more than one part.
CHANCE = """
    INSERT INTO experiment_tags (experiment_id, key, value)
    SELECT 0, 'chance' || i, string_agg(md5(random()::text), '')
    FROM generate_series(1, 9000) i, generate_series(1, 140) GROUP BY i
"""
TABLES = (
    "SELECT format('%I.%I', schemaname, tablename) FROM pg_tables"
    " WHERE schemaname IN ('public', 'mlflow_ha') ORDER BY 1"
)
RIGHTS = (
    "SELECT c.oid::regclass::text, r.rolname, p FROM pg_class c, pg_roles r,"
    " unnest(ARRAY['SELECT', 'INSERT', 'UPDATE', 'DELETE', 'TRUNCATE']) p"
    " WHERE c.relkind = 'r' AND c.relnamespace::regnamespace::text IN ('public', 'mlflow_ha')"
    " AND r.rolname LIKE 'mlflow%' AND has_table_privilege(r.oid, c.oid, p) ORDER BY 1, 2, 3"
)


@pytest.fixture(scope="module", autouse=True)
def programs() -> Iterator[None]:
    """PostgreSQL's own pg_dump, not Debian's wrapper that chooses among several."""
    found = binaries()
    assert found is not None
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PATH", f"{found}:{os.environ['PATH']}")
        yield


@pytest.fixture(scope="module")
def source(pg: Postgres) -> Iterator[Postgres]:
    """The session's server, holding more than one part of an upload can."""
    pg.sql(CHANCE, database="mlflow")
    yield pg
    pg.sql("DELETE FROM experiment_tags WHERE key LIKE 'chance%'", database="mlflow")


@pytest.fixture(scope="module")
def second(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Postgres]:
    """A running server without roles or database."""
    server = Postgres(tmp_path_factory.mktemp("second"))
    server.start()
    yield server
    server.stop()


@pytest.fixture
def target(second: Postgres) -> Postgres:
    """The second server with the database that provision makes, empty."""
    second.sql("DROP DATABASE IF EXISTS mlflow WITH (FORCE)")
    done = run("provision", second)
    assert done.returncode == 0, done.stdout
    return second


@pytest.fixture(scope="module")
def dumped(source: Postgres, simple_storage: SimpleStorage) -> dict[str, bytes]:
    """The objects that one dump leaves."""
    simple_storage.empty()
    done = run("dump", source, DUMPS=DUMPS)
    assert done.returncode == 0, done.stdout + done.stderr
    return simple_storage.objects()


def contents(pg: Postgres) -> dict[str, str]:
    """A hash of every table's rows."""
    row_hash = "SELECT coalesce(md5(string_agg(t::text, '|' ORDER BY t::text)), '') FROM"
    return {
        table: pg.sql(f"{row_hash} {table} t", database="mlflow")[0][0]
        for (table,) in pg.sql(TABLES, database="mlflow")
    }


def only(objects: dict[str, bytes], ending: str) -> str:
    (key,) = (key for key in objects if key.endswith(ending))
    return key


def refusal(command: str, pg: Postgres, **extra: object) -> str:
    """The words of a command that must fail, and without a stack trace."""
    done = run(command, pg, DUMPS=DUMPS, **extra)
    assert done.returncode == 1, done.stdout
    assert "exception" not in done.stdout
    assert "Traceback" not in done.stderr
    return done.stdout


def test_what_was_dumped_comes_back_row_for_row_with_the_same_rights(
    source: Postgres, target: Postgres, store: SimpleStorage, dumped: dict[str, bytes]
) -> None:
    manifest = json.loads(dumped[only(dumped, ".json")])
    body = dumped[only(dumped, ".dump")]
    assert manifest["sha256"] == hashlib.sha256(body).hexdigest()
    assert manifest["size"] == len(body) > PART
    store.fill(dumped)
    done = run("restore", target, DUMPS=DUMPS)
    assert done.returncode == 0, done.stdout
    assert OWNER_PASSWORD not in done.stdout
    assert contents(target) == contents(source)
    assert target.sql(RIGHTS, database="mlflow") == source.sql(RIGHTS, database="mlflow")
    assert run("check", target).returncode == 0


@pytest.mark.parametrize("damage", ["cut off", "one bit", "another's manifest"])
def test_a_damaged_dump_is_refused_and_the_database_stays_empty(
    target: Postgres, store: SimpleStorage, dumped: dict[str, bytes], damage: str
) -> None:
    body, manifest = only(dumped, ".dump"), only(dumped, ".json")
    changed = dict(dumped)
    match damage:
        case "cut off":
            changed[body] = dumped[body][:-1]
        case "one bit":
            middle = len(dumped[body]) // 2
            turned = bytes([dumped[body][middle] ^ 1])
            changed[body] = dumped[body][:middle] + turned + dumped[body][middle + 1 :]
        case _:
            # pg_restore itself has nothing against this one.
            facts = {**json.loads(dumped[manifest]), "sha256": "0" * 64}
            changed[manifest] = json.dumps(facts).encode()
    store.fill(changed)
    name = Path(body).stem
    words = refusal("restore", target, DUMP_NAME=name)
    assert f"{DUMPS}/{name}.dump" in words or "pg_restore failed" in words
    assert contents(target) == {}


def test_restore_never_writes_over_data(source: Postgres, store: SimpleStorage) -> None:
    name = "20260101T000000Z"
    there = f"dumps/mlflow/{name}"
    store.fill({f"{there}.json": manifest_of(name, b"x"), f"{there}.dump": b"x"})
    before = contents(source)
    assert "the database is not empty: it holds" in refusal("restore", source)
    assert contents(source) == before


def test_without_a_complete_dump_there_is_nothing_to_restore(
    target: Postgres, store: SimpleStorage
) -> None:
    store.fill({"dumps/mlflow/20260101T000000Z.dump": b"PGDMP"})
    assert f"{DUMPS}: holds no complete dump" in refusal("restore", target)


def test_a_dump_from_a_later_postgresql_is_refused_before_a_byte_of_it_is_read(
    target: Postgres, store: SimpleStorage
) -> None:
    name = "20260101T000000Z"
    body = {f"dumps/mlflow/{name}.dump": b"x"}
    store.fill({**body, f"dumps/mlflow/{name}.json": manifest_of(name, b"x", pg_dump=99)})
    words = refusal("restore", target)
    assert "an older pg_restore cannot read it" in words
    assert "postgresql-client-99" in words
    store.fill({**body, f"dumps/mlflow/{name}.json": manifest_of(name, b"x", server=99)})
    assert "restore into 99 or newer" in refusal("restore", target)


def test_a_dump_that_is_broken_off_leaves_nothing(source: Postgres, store: SimpleStorage) -> None:
    holder = psycopg2.connect(source.admin_uri("mlflow"))
    holder.cursor().execute("LOCK TABLE runs IN ACCESS EXCLUSIVE MODE")
    terminate = (
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
        " WHERE application_name = 'mlflow-ha-dump' AND wait_event_type = 'Lock'"
    )
    try:
        with ThreadPoolExecutor(1) as pool:
            refused = pool.submit(refusal, "dump", source)
            deadline = time.monotonic() + 30
            while not source.sql(terminate):
                assert time.monotonic() < deadline, "pg_dump never waited for the table"
                assert not refused.done(), refused.result()
                time.sleep(0.1)
            assert "pg_dump failed (1)" in refused.result(30)
    finally:
        holder.close()
    assert store.objects() == {}


def test_a_dump_waits_for_a_migration_and_gives_up_at_its_deadline(
    source: Postgres, store: SimpleStorage
) -> None:
    holder = psycopg2.connect(source.uri("mlflow_owner", OWNER_PASSWORD))
    holder.cursor().execute(f"SELECT pg_advisory_lock({0x6D6C_6861_0002})")
    try:
        words = refusal("dump", source, MIGRATE_WAIT_SECONDS=0.5)
    finally:
        holder.close()
    assert "still holds the lock after 0.5 s" in words
    assert store.objects() == {}


def test_an_empty_database_is_not_dumped(target: Postgres, store: SimpleStorage) -> None:
    assert "the database has no tracking and no auth and no mlflow-ha" in refusal("dump", target)
    assert store.objects() == {}


def test_a_store_that_refuses_is_named(source: Postgres) -> None:
    done = run("dump", source, DUMPS="s3://nobodys-bucket/dumps")
    assert done.returncode == 1
    assert "s3://nobodys-bucket/dumps: " in done.stdout
    assert "NoSuchBucket" in done.stdout
    assert "exception" not in done.stdout


def test_a_program_that_is_missing_or_too_old_is_refused_with_what_to_install(
    source: Postgres, store: SimpleStorage, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    assert "pg_dump is not on PATH" in refusal("dump", source)
    old = program(tmp_path, "pg_dump", 9)
    words = refusal("dump", source)
    assert f"{old} is of PostgreSQL 9, the server is of" in words
    assert "postgresql-client-" in words
    assert store.objects() == {}


def test_a_server_older_than_pg_restore_is_refused_before_a_byte_is_read(
    target: Postgres, store: SimpleStorage, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Version 17 sends a setting that 16 does not know, and breaks off."""
    name = "20260101T000000Z"
    there = f"dumps/mlflow/{name}"
    store.fill({f"{there}.json": manifest_of(name, b"x"), f"{there}.dump": b"x"})
    program(tmp_path, "pg_restore", 99)
    monkeypatch.setenv("PATH", str(tmp_path))
    assert "pg_restore of 99 and the dump" in refusal("restore", target)


def program(folder: Path, name: str, major: int) -> Path:
    made = folder / name
    made.write_text(f"#!/bin/sh\necho '{name} (PostgreSQL) {major}.1'\n")
    made.chmod(made.stat().st_mode | stat.S_IXUSR)
    return made
