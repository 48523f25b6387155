"""MLflow's own server, made safe to run as several instances on one PostgreSQL."""
