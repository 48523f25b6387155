"""Side-by-side measurements: this cluster against one bare MLflow on one bare PostgreSQL."""
