"""Alembic's entry: runs on the connection migrate.py hands over."""

from alembic import context

from mlflow_ha_server.schema import OWN_SCHEMA

context.configure(
    connection=context.config.attributes["connection"],
    version_table="alembic_version",
    version_table_schema=OWN_SCHEMA,
)
with context.begin_transaction():
    context.run_migrations()
