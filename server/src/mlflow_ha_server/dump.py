"""A logical dump of the database into the object store: `dump`, one shot, as the owner.

Streamed: neither the disk nor the memory ever holds the whole of it.
"""

import logging
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import IO, cast

from sqlalchemy import Engine, NullPool, create_engine
from sqlalchemy.engine import URL

from mlflow_ha_server import database_uri, postgres_tools, schema
from mlflow_ha_server.configuration import DumpConfiguration
from mlflow_ha_server.dump_store import DumpStore, Measured
from mlflow_ha_server.manifest import Manifest, name_of
from mlflow_ha_server.postgres_tools import Tool, ToolError
from mlflow_ha_server.schema_lock import alone

_log = logging.getLogger(__name__)


class DumpError(Exception):
    """There is nothing to dump."""


def dump(configuration: DumpConfiguration) -> Manifest:
    """Dump the database and return the manifest that makes the dump count.

    Raises:
        DumpError: the database has no schema.
        ToolError: pg_dump is missing, older than the server, or failed.
        DumpStoreError: the object store refused.
        LockedError: a migration did not end in time.
    """
    address = database_uri.with_socket_defaults(
        database_uri.parse(configuration.owner_database_uri.get_secret_value()), "mlflow-ha-dump"
    )
    engine = create_engine(address, poolclass=NullPool, hide_parameters=True)
    tool = postgres_tools.find("pg_dump")
    store = DumpStore(configuration.dumps)
    with alone(engine, configuration.migrate_wait_seconds):
        server = schema.server_major(engine)
        tool.refuse_older_than(server, "the server is")
        revisions = _revisions(engine)
        started = datetime.now(UTC)
        name = name_of(started)
        with _running(tool, address) as stream:
            store.put(name, stream)
    manifest = Manifest(
        name=name,
        sha256=stream.sha256,
        size=stream.size,
        server=server,
        pg_dump=tool.major,
        revisions=revisions,
        started=started,
        finished=datetime.now(UTC),
    )
    store.complete(manifest)
    seconds = (manifest.finished - manifest.started).total_seconds()
    _log.info("dumped %d bytes to %s in %.1f s", manifest.size, store.place(name), seconds)
    return manifest


def _revisions(engine: Engine) -> dict[str, str]:
    with engine.connect() as connection:
        found = {part.name: part.found(connection) for part in schema.parts()}
    missing = [name for name, revision in found.items() if revision is None]
    if missing:
        raise DumpError(
            f"the database has no {' and no '.join(missing)} schema: an empty dump would pass for"
            " the newest. Check the address, or run `mlflow-ha-server migrate` first"
        )
    return {name: revision for name, revision in found.items() if revision is not None}


@contextmanager
def _running(tool: Tool, address: URL) -> Iterator[Measured]:
    words, environment = postgres_tools.connection(address)
    schemas = [f"--schema={name}" for name in schema.SCHEMAS]
    with (
        tempfile.TemporaryFile() as errors,
        subprocess.Popen(
            [tool.path, "--format=custom", "--no-password", *schemas, f"--dbname={words}"],
            env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=errors,
        ) as process,
    ):  # fmt: skip

        def ended() -> None:
            if code := process.wait():
                errors.seek(0)
                raise ToolError(f"pg_dump failed ({code}): {errors.read().decode().strip()}")

        try:
            yield Measured(cast("IO[bytes]", process.stdout), ended)
        except BaseException:
            process.kill()
            raise
