"""Registers a version of a model that does not exist, amid other things that are in order."""

import sys

import mlflow
from mlflow import MlflowClient


def main(name: str) -> None:
    mlflow.set_experiment(name)
    with mlflow.start_run(run_name=name) as run:
        mlflow.log_metric("before", 1)
        MlflowClient().create_model_version(
            "missing", f"{run.info.artifact_uri}/model", run.info.run_id
        )
        mlflow.log_metric("after", 1)


if __name__ == "__main__":
    main(sys.argv[1])
