"""`python -m mlflow_ha.health` is `mlflow-ha health`."""

import sys

from mlflow_ha.cli import main

main(["health", *sys.argv[1:]], prog_name="mlflow-ha")
