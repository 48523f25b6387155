"""The schema: `migrate`, one shot, as the owner, on the writer itself.

Not through a pooler: the lock belongs to a session. Everything done under it is
either one transaction or safe to repeat, so a run killed half-way is run again.
"""

import logging
from typing import Any

from alembic import command
from alembic.config import Config
from sqlalchemy import Engine, NullPool, create_engine, text
from sqlalchemy.engine import URL

from mlflow_ha_server import database_uri, schema
from mlflow_ha_server.configuration import CANARY, MigrateConfiguration
from mlflow_ha_server.provision import protect_version_tables
from mlflow_ha_server.schema_lock import alone

ARTIFACT_ROOT = "mlflow-artifacts:/"
"""Where runs are told their artifacts are: behind whichever server they reach."""

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
    with alone(engine, configuration.migrate_wait_seconds):
        _refuse_newer(engine)
        _upgrade_tracking(engine)
        _upgrade_auth(engine)
        _upgrade_own(engine)
        _create_first_rows(address, configuration)
        with engine.begin() as connection:
            protect_version_tables(connection)
        if left := schema.problems(engine):
            raise MigrationError("; ".join(left))
    _log.info("schema is current")


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
    """Create what MLflow's servers otherwise create at their first start, and the canary's user."""
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
    if configuration.canary_password:
        _ensure_canary(users, configuration.canary_password.get_secret_value())


def _ensure_canary(users: Any, password: str) -> None:
    if not users.has_user(CANARY):
        users.create_user(CANARY, password, is_admin=False)
        _log.info("created MLflow's user %s", CANARY)
    elif not users.authenticate_user(CANARY, password):
        users.update_user(CANARY, password=password)
        _log.info("changed the password of MLflow's user %s", CANARY)
