"""Roles and the database: `provision`, run by the server's administrator.

Needs PostgreSQL 15 or later (schema public belongs to the database's owner). The
administrator may be a superuser or, as on RDS, a role with CREATEROLE and
CREATEDB; the latter first becomes a member of the owner to act for it.
"""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from pydantic import SecretStr
from sqlalchemy import Connection, NullPool, create_engine, text
from sqlalchemy.engine import URL

from mlflow_ha_server import database_uri
from mlflow_ha_server.configuration import ProvisionConfiguration
from mlflow_ha_server.schema import OWN_SCHEMA, SCHEMAS, VERSION_TABLES

DATABASE = "mlflow"
OWNER, APP, READER = "mlflow_owner", "mlflow_app", "mlflow_reader"
APP_B = "mlflow_app_b"
"""The application's second login; all it may do, it may as a member of APP."""

# Any constant will do: it only has to be the same in every run of this command.
_LOCK = 0x6D6C_6861_0001

_log = logging.getLogger(__name__)


class ProvisionError(Exception):
    """The database server is in a state this command does not touch."""


@dataclass(frozen=True)
class _Role:
    name: str
    password: SecretStr


def provision(configuration: ProvisionConfiguration) -> None:
    """Create what is missing and set what differs. May be run again at any time."""
    address = database_uri.with_socket_defaults(
        database_uri.parse(configuration.admin_database_uri.get_secret_value()),
        "mlflow-ha-provision",
    )
    roles = [
        _Role(OWNER, configuration.owner_password),
        _Role(APP, configuration.app_password),
        _Role(READER, configuration.reader_password),
    ]
    if configuration.app_b_password:
        roles.append(_Role(APP_B, configuration.app_b_password))
    with _connected(address) as connection:
        connection.execute(text(f"SELECT pg_advisory_lock({_LOCK})"))
        for role in roles:
            _ensure_role(connection, role)
        if configuration.app_b_password:
            connection.execute(text(f"GRANT {APP} TO {APP_B}"))
        superuser = connection.execute(
            text("SELECT rolsuper FROM pg_roles WHERE rolname = current_user")
        ).scalar_one()
        if not superuser:
            connection.execute(text(f"GRANT {OWNER} TO CURRENT_USER"))
        _ensure_database(connection)
        with _connected(address.set(database=DATABASE)) as inside:
            # One transaction: what is given to all tables and taken from some is never seen given.
            inside.execution_options(isolation_level="READ COMMITTED")
            with inside.begin():
                # As the owner, so that a superuser leaves nothing of his own.
                inside.execute(text(f"SET LOCAL ROLE {OWNER}"))
                for statement in _privileges():
                    inside.execute(text(statement))
                protect_version_tables(inside)
    names = ", ".join(role.name for role in roles)
    _log.info("database %s and roles %s are in place", DATABASE, names)


@contextmanager
def _connected(address: URL) -> Iterator[Connection]:
    engine = create_engine(
        address, poolclass=NullPool, isolation_level="AUTOCOMMIT", hide_parameters=True
    )
    with engine.connect() as connection:
        yield connection


def _ensure_role(connection: Connection, role: _Role) -> None:
    powers = connection.execute(
        text(
            "SELECT rolsuper OR rolcreatedb OR rolcreaterole OR rolreplication OR rolbypassrls"
            " FROM pg_roles WHERE rolname = :name"
        ),
        {"name": role.name},
    ).scalar_one_or_none()
    if powers is None:
        connection.execute(
            text(
                f"CREATE ROLE {role.name} LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE"
                " NOREPLICATION NOBYPASSRLS"
            )
        )
    elif powers:
        # Only a superuser could take these away, and somebody gave them on purpose.
        raise ProvisionError(
            f"role {role.name} exists with more than LOGIN; take SUPERUSER, CREATEDB, CREATEROLE,"
            " REPLICATION and BYPASSRLS from it, or drop it, and run this again"
        )
    verifier = _scram_verifier(connection, role)
    connection.exec_driver_sql(f"ALTER ROLE {role.name} LOGIN INHERIT PASSWORD '{verifier}'")


def _scram_verifier(connection: Connection, role: _Role) -> str:
    """Return what the server stores, computed here: the password never travels."""
    from psycopg2.extensions import encrypt_password  # noqa: PLC0415

    raw = connection.connection.driver_connection
    verifier = encrypt_password(role.password.get_secret_value(), role.name, raw, "scram-sha-256")
    return str(verifier)


def _ensure_database(connection: Connection) -> None:
    owner = connection.execute(
        text("SELECT pg_get_userbyid(datdba) FROM pg_database WHERE datname = :name"),
        {"name": DATABASE},
    ).scalar_one_or_none()
    if owner is None:
        connection.execute(
            text(f"CREATE DATABASE {DATABASE} OWNER {OWNER} ENCODING 'UTF8' TEMPLATE template0")
        )
    elif owner != OWNER:
        connection.execute(text(f"ALTER DATABASE {DATABASE} OWNER TO {OWNER}"))


def protect_version_tables(connection: Connection) -> None:
    """Take from the servers' role the right to change what the schema says it is."""
    both_exist = text("SELECT to_regclass(:table) IS NOT NULL AND to_regrole(:role) IS NOT NULL")
    for table in VERSION_TABLES:
        if connection.execute(both_exist, {"table": table, "role": APP}).scalar():
            connection.execute(text(f"REVOKE INSERT, UPDATE, DELETE ON {table} FROM {APP}"))


def _privileges() -> tuple[str, ...]:
    schemas = ", ".join(SCHEMAS)
    default = f"ALTER DEFAULT PRIVILEGES FOR ROLE {OWNER}"
    return (
        f"CREATE SCHEMA IF NOT EXISTS {OWN_SCHEMA}",
        f"REVOKE ALL ON DATABASE {DATABASE} FROM PUBLIC",
        f"GRANT CONNECT ON DATABASE {DATABASE} TO {APP}, {READER}",
        f"REVOKE ALL ON SCHEMA {schemas} FROM PUBLIC",
        f"GRANT USAGE ON SCHEMA {schemas} TO {APP}, {READER}",
        f"{default} REVOKE EXECUTE ON FUNCTIONS FROM PUBLIC",
        f"{default} GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO {APP}",
        f"{default} GRANT USAGE, SELECT ON SEQUENCES TO {APP}",
        f"{default} GRANT SELECT ON TABLES TO {READER}",
        f"GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA {schemas} TO {APP}",
        f"GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA {schemas} TO {APP}",
        f"GRANT SELECT ON ALL TABLES IN SCHEMA {schemas} TO {READER}",
    )
