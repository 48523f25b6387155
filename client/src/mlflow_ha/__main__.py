"""`python -m mlflow_ha` is `mlflow-ha`."""

from mlflow_ha.cli import main

main()
