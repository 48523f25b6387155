"""Proves that addresses arrive at libpq as meant: several hosts, time-outs, passwords."""

from typing import Any

import pytest
from mlflow_ha_server.database_uri import parse, text, with_pool, with_socket_defaults
from sqlalchemy.dialects.postgresql.psycopg2 import PGDialect_psycopg2


def test_several_hosts_reach_libpq_in_order() -> None:
    url = parse("postgresql://o:p%40ss@a:5432,b:5433/mlflow?target_session_attrs=read-write")
    dialect: Any = PGDialect_psycopg2
    _, arguments = dialect().create_connect_args(url)
    assert arguments["host"] == "a,b"
    assert arguments["port"] == "5432,5433"
    assert arguments["password"] == "p@ss"
    assert arguments["target_session_attrs"] == "read-write"
    assert arguments["dbname"] == "mlflow"


def test_an_address_without_a_login_leaves_it_to_libpqs_variables() -> None:
    dialect: Any = PGDialect_psycopg2
    for hosts in ("a:5432", "a:5432,b:5433"):
        url = parse(f"postgresql://{hosts}/mlflow?sslmode=verify-full&sslrootcert=system")
        _, arguments = dialect().create_connect_args(parse(text(url)))
        assert not {"user", "password"} & set(arguments)
        assert arguments["sslmode"] == "verify-full"
        assert arguments["sslrootcert"] == "system"


def test_what_the_operator_gave_wins_over_the_defaults() -> None:
    url = with_socket_defaults(parse("postgresql://u:p@h/db?connect_timeout=9"), "mlflow-1")
    assert url.query["connect_timeout"] == "9"
    assert url.query["tcp_user_timeout"] == "8000"
    assert url.query["application_name"] == "mlflow-1"


def test_the_password_survives_being_written_and_read_again() -> None:
    url = parse("postgresql://u:a%25b%2Fc@h/db")
    assert parse(text(url)).password == "a%b/c"


def test_the_address_for_mlflow_loads_the_plugin() -> None:
    url = with_pool(parse("postgresql://u:p@h/db"), "auth", 5, 2.0)
    assert url.query["plugin"] == "mlflow_ha"
    assert url.query["mlflow_ha_engine"] == "auth"


@pytest.mark.parametrize(
    ("given", "rule"),
    [
        ("mysql://u:p@h/db", "must be postgresql"),
        ("postgresql+psycopg://u:p@h/db", "must be postgresql"),
        ("postgresql://u:p@h", "names no database"),
        ("::", "is not a database address"),
    ],
)
def test_an_address_that_cannot_work_is_refused_with_the_rule(given: str, rule: str) -> None:
    with pytest.raises(ValueError, match=rule):
        parse(given)
