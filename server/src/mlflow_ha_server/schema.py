"""Which schema is there and which one this release needs: reads, never writes."""

from dataclasses import dataclass
from pathlib import Path

from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine, text

OWN_SCHEMA = "mlflow_ha"
SCHEMAS = ("public", OWN_SCHEMA)
"""All that this package and MLflow keep in the database."""
VERSION_TABLES = (
    "public.alembic_version",
    "public.alembic_version_auth",
    f"{OWN_SCHEMA}.alembic_version",
)


@dataclass(frozen=True)
class Part:
    """One set of migrations with a version table of its own.

    Attributes:
        name: as a person calls it.
        scripts: folder of the alembic environment.
        version_table: where alembic notes the revision.
        schema: PostgreSQL schema of the version table; None for the default.
    """

    name: str
    scripts: Path
    version_table: str
    schema: str | None = None

    def newest(self) -> str:
        """Return the revision the installed packages need."""
        heads = ScriptDirectory(str(self.scripts)).get_heads()
        if len(heads) != 1:
            raise RuntimeError(f"{self.scripts}: {len(heads)} newest revisions instead of one")
        return heads[0]

    def found(self, connection: Connection) -> str | None:
        """Return the revision in the database; None if there is none."""
        options: dict[str, object] = {"version_table": self.version_table}
        if self.schema:
            options["version_table_schema"] = self.schema
        return MigrationContext.configure(connection, opts=options).get_current_revision()


def _mlflow_folder() -> Path:
    import mlflow  # noqa: PLC0415  (an import of a second, for the path only)

    return Path(mlflow.__file__).parent


def parts() -> tuple[Part, ...]:
    """Return all sets of migrations, in the order in which they are applied."""
    folder = _mlflow_folder()
    return (
        Part("tracking", folder / "store" / "db_migrations", "alembic_version"),
        Part("auth", folder / "server" / "auth" / "db" / "migrations", "alembic_version_auth"),
        Part("mlflow-ha", Path(__file__).parent / "migrations", "alembic_version", OWN_SCHEMA),
    )


def problems(engine: Engine) -> list[str]:
    """Return what is missing or out of date; an empty list if this release can run."""
    found: list[str] = []
    with engine.connect() as connection:
        for part in parts():
            expected, present = part.newest(), part.found(connection)
            if present != expected:
                found.append(
                    f"{part.name} schema is at {present or 'nothing'}, this release needs "
                    f"{expected}; run `python -m mlflow_ha_server migrate`"
                )
        if not found and not _first_rows_exist(connection):
            found.append(
                "the schema is current but experiment 0 or the first user is missing; "
                "run `python -m mlflow_ha_server migrate`"
            )
    return found


def server_major(engine: Engine) -> int:
    """Return the server's major version."""
    with engine.connect() as connection:
        number = connection.execute(text("SHOW server_version_num")).scalar_one()
    return int(number) // 10_000


def _first_rows_exist(connection: Connection) -> bool:
    query = (
        "SELECT EXISTS (SELECT FROM experiments WHERE experiment_id = 0)"
        " AND EXISTS (SELECT FROM users)"
    )
    return bool(connection.execute(text(query)).scalar())
