"""Creates an experiment and a run in it, both of the name it is given."""

import sys

from mlflow import MlflowClient

if __name__ == "__main__":
    client = MlflowClient()
    client.create_run(client.create_experiment(sys.argv[1]), run_name=sys.argv[1])
