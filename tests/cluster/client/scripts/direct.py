"""Logs a file and a folder to an experiment whose artifacts are elsewhere."""

import sys
import tempfile
from pathlib import Path

import mlflow
from mlflow import MlflowClient


def main(name: str, location: str) -> None:
    client = MlflowClient()
    experiment = client.create_experiment(name, artifact_location=location)
    with (
        tempfile.TemporaryDirectory() as folder,
        mlflow.start_run(experiment_id=experiment, run_name=name),
    ):
        one = Path(folder) / "one.txt"
        one.write_text(name, encoding="utf-8")
        mlflow.log_artifact(str(one))
        deep = Path(folder) / "all" / "er"
        deep.mkdir(parents=True)
        (deep / "two.bin").write_bytes(bytes(range(256)))
        mlflow.log_artifacts(str(deep.parent), "deep")


if __name__ == "__main__":
    main(*sys.argv[1:])
