"""A dump's way back: `restore`, one shot, as the owner, into an empty database.

One transaction, and its last bytes are withheld until all of them are known to be right: a damaged
dump leaves the database empty.
"""

import contextlib
import logging
import subprocess
import tempfile
from collections.abc import Iterable
from typing import IO, cast

from sqlalchemy import Engine, NullPool, create_engine, text
from sqlalchemy.engine import URL

from mlflow_ha_server import database_uri, postgres_tools, schema
from mlflow_ha_server.configuration import RestoreConfiguration
from mlflow_ha_server.dump_store import DumpStore
from mlflow_ha_server.manifest import Manifest
from mlflow_ha_server.postgres_tools import Tool, ToolError
from mlflow_ha_server.provision import protect_version_tables
from mlflow_ha_server.schema_lock import alone

_log = logging.getLogger(__name__)


class RestoreError(Exception):
    """The database is not one to restore into."""


def restore(configuration: RestoreConfiguration) -> None:
    """Restore the dump that was named, or the newest complete one.

    Raises:
        RestoreError: the database holds tables, or is of too old a PostgreSQL.
        ToolError: pg_restore is missing, older than the dump, or failed.
        DumpStoreError: the object store refused, or the dump is damaged.
        LockedError: a migration did not end in time.
    """
    address = database_uri.with_socket_defaults(
        database_uri.parse(configuration.owner_database_uri.get_secret_value()), "mlflow-ha-restore"
    )
    engine = create_engine(address, poolclass=NullPool, hide_parameters=True)
    tool = postgres_tools.find("pg_restore")
    store = DumpStore(configuration.dumps)
    name = configuration.dump_name
    manifest = store.named(name) if name else store.newest()
    tool.refuse_older_than(manifest.pg_dump, f"the dump {manifest.name} is")
    with alone(engine, configuration.migrate_wait_seconds):
        _refuse_older(engine, tool, manifest)
        _refuse_data(engine)
        _feed(tool, address, store.chunks(manifest))
        with engine.begin() as connection:
            protect_version_tables(connection)
    _log.info("restored %s, begun at %s", store.place(manifest.name), manifest.started.isoformat())
    for problem in schema.problems(engine):
        _log.warning(problem)


def _refuse_older(engine: Engine, tool: Tool, manifest: Manifest) -> None:
    """Refuse a server older than the program, too: it sets what only its own release knows."""
    server, needed = schema.server_major(engine), max(tool.major, manifest.server)
    if server < needed:
        raise RestoreError(
            f"the server is of PostgreSQL {server}, {tool.name} of {tool.major} and the dump"
            f" {manifest.name} of {manifest.server}; restore into {needed} or newer"
        )


def _refuse_data(engine: Engine) -> None:
    with engine.connect() as connection:
        tables = connection.execute(
            text(
                "SELECT schemaname || '.' || tablename FROM pg_tables"
                " WHERE schemaname = ANY(:schemas) ORDER BY 1"
            ),
            {"schemas": list(schema.SCHEMAS)},
        ).scalars()
        if found := tables.all():
            raise RestoreError(
                f"the database is not empty: it holds {len(found)} tables, {found[0]} for one. A"
                " dump is never restored over data; give it a database that provision has just"
                " made"
            )


def _feed(tool: Tool, address: URL, chunks: Iterable[bytes]) -> None:
    words, environment = postgres_tools.connection(address)
    # Roles' rights are provision's to give, by default for whatever the owner creates. The schemas
    # themselves are there: named, they are not created again.
    schemas = [f"--schema={name}" for name in schema.SCHEMAS]
    options = ["--single-transaction", "--exit-on-error", "--no-owner", "--no-privileges"]
    with (
        tempfile.TemporaryFile() as errors,
        subprocess.Popen(
            [tool.path, *options, "--no-password", *schemas, f"--dbname={words}"],
            env=environment, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=errors,
        ) as process,
    ):  # fmt: skip
        pipe = cast("IO[bytes]", process.stdin)
        all_read = False
        try:
            for chunk in chunks:
                pipe.write(chunk)
            pipe.close()
            all_read = True
        except BrokenPipeError:
            _abandon(pipe)  # it ended before us; its words say why
        except BaseException:
            process.kill()
            _abandon(pipe)
            raise
        code = process.wait()
        if code or not all_read:
            errors.seek(0)
            raise ToolError(f"pg_restore failed ({code}): {errors.read().decode().strip()}")


def _abandon(pipe: IO[bytes]) -> None:
    """Close a pipe that nobody reads; left to Popen, what is buffered would raise once more."""
    with contextlib.suppress(BrokenPipeError):
        pipe.close()
