"""The schema: `migrate`, one shot, as the owner, on the writer itself.

Not through a pooler: the lock belongs to a session. Everything done under it is
either one transaction or safe to repeat, so a run killed half-way is run again.
"""

import logging
import time
from collections.abc import Iterator
from contextlib import contextmanager

from alembic import command
from alembic.config import Config
from sqlalchemy import Engine, NullPool, create_engine, text
from sqlalchemy.engine import URL

from mlflow_ha_server import database_uri, schema
from mlflow_ha_server.configuration import MigrateConfiguration

ARTIFACT_ROOT = "mlflow-artifacts:/"
"""Where runs are told their artifacts are: behind whichever server they reach."""

_LOCK = 0x6D6C_6861_0002
_POLL_SECONDS = 0.25
_REPORT_SECONDS = 5.0

_log = logging.getLogger(__name__)


class MigrationError(Exception):
    """The migration could not be done; the message says what to do."""


def migrate(configuration: MigrateConfiguration) -> None:
    """Bring every part of the schema to this release's version."""
    address = database_uri.with_socket_defaults(
        database_uri.parse(configuration.owner_database_uri.get_secret_value()),
        "mlflow-ha-migrate",
    )
    engine = create_engine(address, poolclass=NullPool, hide_parameters=True)
    with _alone(engine, configuration.migrate_wait_seconds):
        _refuse_newer(engine)
        _upgrade_tracking(engine)
        _upgrade_auth(engine)
        _upgrade_own(engine)
        _create_first_rows(address, configuration)
        _protect_version_tables(engine)
        if left := schema.problems(engine):
            raise MigrationError("; ".join(left))
    _log.info("schema is current")


@contextmanager
def _alone(engine: Engine, wait_seconds: float) -> Iterator[None]:
    """Hold the lock that lets one migration run at a time in the whole fleet."""
    deadline = time.monotonic() + wait_seconds
    report = time.monotonic()
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        query = text(f"SELECT pg_try_advisory_lock({_LOCK})")
        while not connection.execute(query).scalar():
            if time.monotonic() >= deadline:
                raise MigrationError(
                    f"another migration still holds the lock after {wait_seconds:g} s; see"
                    " pg_stat_activity (application_name mlflow-ha-migrate), or raise"
                    " MLFLOW_HA_SERVER_MIGRATE_WAIT_SECONDS"
                )
            if time.monotonic() >= report:
                _log.info("another migration is running; waiting for it")
                report = time.monotonic() + _REPORT_SECONDS
            time.sleep(_POLL_SECONDS)
        yield


def _refuse_newer(engine: Engine) -> None:
    """Refuse a database that a later release has migrated: alembic cannot go back."""
    from alembic.script import ScriptDirectory  # noqa: PLC0415

    with engine.connect() as connection:
        for part in schema.parts():
            found = part.found(connection)
            known = {s.revision for s in ScriptDirectory(str(part.scripts)).walk_revisions()}
            if found is not None and found not in known:
                raise MigrationError(
                    f"{part.name} schema is at {found}, which this release does not know; a"
                    " later release has migrated it. Deploy that release, or restore a backup"
                )


def _upgrade_tracking(engine: Engine) -> None:
    from mlflow.store.db import utils  # noqa: PLC0415

    tracking = schema.parts()[0]
    with engine.connect() as connection:
        found = tracking.found(connection)
    if found is None:
        # Creates the first release's tables, then applies all revisions in one
        # transaction. Not done on a versioned schema: it would bring back tables
        # that a revision has dropped since.
        utils._initialize_tables(engine)  # noqa: SLF001
    elif found != tracking.newest():
        utils._upgrade_db(engine)  # noqa: SLF001


def _upgrade_auth(engine: Engine) -> None:
    from mlflow.server.auth.db import utils  # noqa: PLC0415

    utils.migrate_if_needed(engine, "head")


def _upgrade_own(engine: Engine) -> None:
    config = Config()
    config.set_main_option("script_location", str(schema.parts()[2].scripts))
    with engine.begin() as connection:
        connection.execute(text(f"CREATE SCHEMA IF NOT EXISTS {schema.OWN_SCHEMA}"))
        config.attributes["connection"] = connection
        command.upgrade(config, "head")


def _create_first_rows(address: URL, configuration: MigrateConfiguration) -> None:
    """Create what MLflow's servers otherwise create at their first start: experiment 0, a user."""
    from mlflow.server.auth.sqlalchemy_store import (  # noqa: PLC0415
        SqlAlchemyStore as UserStore,
    )
    from mlflow.store.model_registry.sqlalchemy_store import (  # noqa: PLC0415
        SqlAlchemyStore as RegistryStore,
    )
    from mlflow.store.tracking.sqlalchemy_store import (  # noqa: PLC0415
        SqlAlchemyStore as TrackingStore,
    )

    uri = database_uri.text(address)
    TrackingStore(uri, ARTIFACT_ROOT)
    RegistryStore(uri)
    users = UserStore()
    users.init_db(uri)
    name = configuration.admin_username
    if not users.has_user(name):
        users.create_user(name, configuration.admin_password.get_secret_value(), is_admin=True)
        _log.info("created MLflow's administrator %s", name)


def _protect_version_tables(engine: Engine) -> None:
    """Take from the servers' role the right to change what the schema says it is."""
    from mlflow_ha_server.provision import APP  # noqa: PLC0415

    with engine.begin() as connection:
        exists = connection.execute(
            text("SELECT count(*) FROM pg_roles WHERE rolname = :name"), {"name": APP}
        ).scalar()
        if exists:
            connection.execute(
                text(
                    "REVOKE INSERT, UPDATE, DELETE ON alembic_version, alembic_version_auth,"
                    f" {schema.OWN_SCHEMA}.alembic_version FROM {APP}"
                )
            )
