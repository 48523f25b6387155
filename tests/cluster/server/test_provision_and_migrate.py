"""Proves that roles and schema come to be once, whatever runs twice, at once or half.

Each test of a beginning has a PostgreSQL of its own; RDS itself is left to AWS,
its administrator is imitated by a role with CREATEROLE and CREATEDB.
"""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import psycopg2
import pytest

from tests.cluster.server.instance import (
    APP_B_PASSWORD,
    APP_PASSWORD,
    OWNER_PASSWORD,
    READER_PASSWORD,
    Instance,
    environment,
    run,
)
from tests.cluster.server.postgres import Postgres

TABLES = "SELECT count(*) FROM pg_tables WHERE schemaname IN ('public', 'mlflow_ha')"


@pytest.fixture
def fresh(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Postgres]:
    """A running server without roles or database."""
    made = Postgres(tmp_path_factory.mktemp("fresh"))
    made.start()
    yield made
    made.stop()


def refused(pg: Postgres, uri: str, statement: str) -> str:
    """Return the server's words; fail if it obeyed."""
    with pytest.raises(psycopg2.Error) as caught:
        pg.sql(statement, uri=uri)
    return str(caught.value)


def test_provision_and_migrate_twice_change_nothing_the_second_time(pg: Postgres) -> None:
    tables = pg.sql(TABLES, database="mlflow")
    users = pg.sql("SELECT * FROM users ORDER BY id", database="mlflow")
    for command in ("provision", "migrate", "check"):
        done = run(command, pg)
        assert done.returncode == 0, done.stdout + done.stderr
    assert pg.sql(TABLES, database="mlflow") == tables
    assert pg.sql("SELECT * FROM users ORDER BY id", database="mlflow") == users
    experiment = "SELECT artifact_location FROM experiments WHERE experiment_id = 0"
    assert pg.sql(experiment, database="mlflow") == [("mlflow-artifacts:/0",)]


def test_no_role_can_do_more_than_its_part(pg: Postgres) -> None:
    app = pg.uri("mlflow_app", APP_PASSWORD)
    reader = pg.uri("mlflow_reader", READER_PASSWORD)
    for statement in ("CREATE TABLE t ()", "CREATE SCHEMA s", "CREATE TEMP TABLE t ()"):
        assert "permission denied" in refused(pg, app, statement)
        assert "permission denied" in refused(pg, reader, statement)
    assert "permission denied" in refused(pg, app, "DELETE FROM alembic_version")
    assert "must be owner" in refused(pg, app, "DROP TABLE runs")
    assert "permission denied" in refused(pg, reader, "DELETE FROM runs")
    assert pg.sql("SELECT count(*) FROM runs", uri=reader)
    powers = (
        "SELECT count(*) FROM pg_roles WHERE rolname LIKE 'mlflow%'"
        " AND (rolsuper OR rolcreatedb OR rolcreaterole OR rolreplication OR rolbypassrls)"
    )
    assert pg.sql(powers) == [(0,)]
    stranger = "CREATE ROLE stranger LOGIN PASSWORD 'stranger-password'"
    pg.sql("DROP ROLE IF EXISTS stranger", stranger)
    uri = pg.uri("stranger", "stranger-password")
    assert "permission denied for database" in refused(pg, uri, "SELECT 1")


def test_a_table_the_owner_creates_later_is_usable_at_once(pg: Postgres) -> None:
    owner = pg.uri("mlflow_owner", OWNER_PASSWORD)
    pg.sql("DROP TABLE IF EXISTS later", "CREATE TABLE later (i serial, t text)", uri=owner)
    pg.sql("INSERT INTO later (t) VALUES ('x')", uri=pg.uri("mlflow_app", APP_PASSWORD))
    assert pg.sql("SELECT t FROM later", uri=pg.uri("mlflow_reader", READER_PASSWORD)) == [("x",)]
    pg.sql("DROP TABLE later", uri=owner)


def test_the_second_login_may_do_what_the_first_may_and_no_more(pg: Postgres) -> None:
    for _ in range(2):
        done = run("provision", pg, APP_B_PASSWORD=APP_B_PASSWORD)
        assert done.returncode == 0, done.stdout
    owner = pg.uri("mlflow_owner", OWNER_PASSWORD)
    pg.sql("DROP TABLE IF EXISTS later", "CREATE TABLE later (i serial, t text)", uri=owner)
    rights = (
        "SELECT c.oid::regclass::text, p FROM pg_class c, unnest(ARRAY['SELECT', 'INSERT',"
        " 'UPDATE', 'DELETE', 'TRUNCATE', 'REFERENCES', 'TRIGGER']) p WHERE c.relkind = 'r'"
        " AND c.relnamespace::regnamespace::text IN ('public', 'mlflow_ha')"
        " AND has_table_privilege('{}', c.oid, p) ORDER BY 1, 2"
    )
    first, second = (
        pg.sql(rights.format(login), database="mlflow") for login in ("mlflow_app", "mlflow_app_b")
    )
    assert ("later", "INSERT") in first
    assert first == second
    login = pg.uri("mlflow_app_b", APP_B_PASSWORD)
    pg.sql("INSERT INTO later (t) VALUES ('x')", uri=login)
    pg.sql("DROP TABLE later", uri=owner)
    for statement in ("CREATE TABLE t ()", "DELETE FROM alembic_version", "SET ROLE mlflow_owner"):
        assert "permission denied" in refused(pg, login, statement)


def test_passwords_reach_the_server_only_as_verifiers(fresh: Postgres) -> None:
    fresh.sql("ALTER SYSTEM SET log_statement = 'all'", "SELECT pg_reload_conf()")
    time.sleep(0.3)
    assert run("provision", fresh).returncode == 0
    log = (fresh.folder / "log").read_text()
    assert "ALTER ROLE mlflow_app LOGIN INHERIT PASSWORD 'SCRAM-SHA-256$" in log
    assert APP_PASSWORD not in log
    assert OWNER_PASSWORD not in log


def test_an_administrator_without_superuser_can_provision(fresh: Postgres) -> None:
    fresh.sql("CREATE ROLE master LOGIN CREATEROLE CREATEDB PASSWORD 'master-password'")
    master = fresh.uri("master", "master-password", "postgres")
    for _ in range(2):
        done = run("provision", fresh, ADMIN_DATABASE_URI=master, APP_B_PASSWORD=APP_B_PASSWORD)
        assert done.returncode == 0, done.stdout + done.stderr
    done = run("migrate", fresh)
    assert done.returncode == 0, done.stdout + done.stderr
    assert run("check", fresh).returncode == 0


def test_a_migration_killed_half_way_is_finished_by_the_next(fresh: Postgres) -> None:
    assert run("provision", fresh).returncode == 0
    killed = subprocess.Popen(
        [sys.executable, "-m", "mlflow_ha_server", "migrate"],
        env=environment(fresh), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    deadline = time.monotonic() + 60
    started = "SELECT 1 FROM pg_tables WHERE tablename = 'experiments'"
    while not fresh.sql(started, database="mlflow"):
        assert time.monotonic() < deadline
        time.sleep(0.02)
    os.kill(killed.pid, signal.SIGKILL)
    killed.wait(10)
    assert run("check", fresh).returncode == 1
    done = run("migrate", fresh)
    assert done.returncode == 0, done.stdout + done.stderr
    assert run("check", fresh).returncode == 0


def test_migrate_waits_for_another_and_gives_up_at_its_deadline(pg: Postgres) -> None:
    holder = psycopg2.connect(pg.uri("mlflow_owner", OWNER_PASSWORD))
    holder.cursor().execute(f"SELECT pg_advisory_lock({0x6D6C_6861_0002})")
    try:
        done = run("migrate", pg, MIGRATE_WAIT_SECONDS=1)
    finally:
        holder.close()
    assert done.returncode == 1
    assert "another migration, dump or restore still holds the lock after 1 s" in done.stdout


def test_several_hosts_in_the_owners_address_lead_to_the_one_that_writes(pg: Postgres) -> None:
    uri = (
        f"postgresql://mlflow_owner:{OWNER_PASSWORD}@127.0.0.1:1,127.0.0.1:{pg.port}/mlflow"
        "?target_session_attrs=read-write"
    )
    done = run("migrate", pg, OWNER_DATABASE_URI=uri)
    assert done.returncode == 0, done.stdout + done.stderr


def test_a_schema_of_a_later_release_is_refused_by_migrate_and_by_check(pg: Postgres) -> None:
    (before,) = pg.sql("SELECT version_num FROM alembic_version", database="mlflow")[0]
    pg.sql("UPDATE alembic_version SET version_num = 'later'", database="mlflow")
    try:
        migrated, checked = run("migrate", pg), run("check", pg)
    finally:
        pg.sql("UPDATE alembic_version SET version_num = '" + before + "'", database="mlflow")  # noqa: S608
    assert migrated.returncode == 1
    assert "a later release has migrated it" in migrated.stdout
    assert checked.returncode == 1


def test_eight_instances_started_on_an_empty_database_all_come_up(
    fresh: Postgres, tmp_path: Path
) -> None:
    assert run("provision", fresh).returncode == 0
    instances = [Instance(fresh, tmp_path, INSTANCE=f"i{n}") for n in range(8)]
    migrations = [
        subprocess.Popen(
            [sys.executable, "-m", "mlflow_ha_server", "migrate"],
            env=environment(fresh), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )
        for _ in range(3)
    ]  # fmt: skip
    try:
        assert [m.wait(120) for m in migrations] == [0, 0, 0]
        for instance in instances:
            assert instance.wait_ready().create_run()
            assert instance.get("/writable").status_code == 200
    finally:
        for instance in instances:
            instance.process.terminate()
        # A second SIGTERM, as an impatient supervisor sends, changes nothing.
        codes = [i.stop() for i in instances]
    assert codes == [0] * 8
    assert fresh.sql("SELECT count(*) FROM mlflow_ha.heartbeat", database="mlflow") == [(8,)]
    assert fresh.sql("SELECT count(*) FROM users", database="mlflow") == [(1,)]


def test_an_instance_without_a_schema_gives_up_with_the_reason(fresh: Postgres) -> None:
    assert run("provision", fresh).returncode == 0
    done = run("serve", fresh, SCHEMA_WAIT_SECONDS=1)
    assert done.returncode == 1
    assert "not ready after 1 s" in done.stdout
    assert "run `python -m mlflow_ha_server migrate`" in done.stdout
