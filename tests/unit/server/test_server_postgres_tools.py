"""Proves that PostgreSQL's programs are known by their version and given no password to show."""

from pathlib import Path

import pytest
from mlflow_ha_server.database_uri import parse
from mlflow_ha_server.postgres_tools import Tool, ToolError, connection, find


def test_the_password_is_in_the_environment_and_not_in_the_arguments() -> None:
    words, environment = connection(
        parse("postgresql://o:p%40 ss@a:5432,b:5433/mlflow?target_session_attrs=read-write")
    )
    assert "p@" not in words
    assert "password" not in words
    assert environment["PGPASSWORD"] == "p@ ss"
    for word in ("user=o", "dbname=mlflow", "host=a,b", "port=5432,5433"):
        assert word in words.split()


def test_an_address_without_a_login_leaves_the_variables_as_they_are(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("PGPASSWORD", "given")
    words, environment = connection(parse("postgresql://a/mlflow?sslrootcert=system"))
    assert environment["PGPASSWORD"] == "given"
    assert "user" not in words
    assert "sslrootcert=system" in words.split()


def program(folder: Path, says: str, monkeypatch: pytest.MonkeyPatch) -> None:
    made = folder / "pg_dump"
    made.write_text(f"#!/bin/sh\necho '{says}'\n")
    made.chmod(0o755)
    monkeypatch.setenv("PATH", str(folder))


@pytest.mark.parametrize(
    "says", ["pg_dump (PostgreSQL) 17.11 (Debian 17.11-0+deb13u1)", "pg_dump (PostgreSQL) 17beta1"]
)
def test_a_program_says_its_version(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, says: str
) -> None:
    program(tmp_path, says, monkeypatch)
    assert find("pg_dump") == Tool("pg_dump", str(tmp_path / "pg_dump"), 17)


def test_what_is_not_postgresqls_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    program(tmp_path, "hello", monkeypatch)
    with pytest.raises(ToolError, match="says 'hello'; that is not PostgreSQL's pg_dump"):
        find("pg_dump")


def test_an_equal_or_newer_program_will_do_and_an_older_one_will_not() -> None:
    tool = Tool("pg_dump", "/usr/bin/pg_dump", 17)
    tool.refuse_older_than(17, "the server is")
    tool.refuse_older_than(16, "the server is")
    with pytest.raises(ToolError, match="PostgreSQL 17, the server is of 18; an older pg_dump"):
        tool.refuse_older_than(18, "the server is")
