"""The package's own tables, by alembic, apart from MLflow's."""
