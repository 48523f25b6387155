"""Registers while the server is away, tells what it got, and waits for the server's own version."""

import json
import sys
import time

import mlflow_ha
from mlflow import MlflowClient
from mlflow.entities.model_registry import ModelVersion


def told(version: ModelVersion) -> dict[str, object]:
    tags = {key: value for key, value in version.tags.items() if not key.startswith("mlflow_ha")}
    return {"version": str(version.version), "tags": tags}


def main(name: str) -> None:
    client = MlflowClient()
    run = client.create_run(client.create_experiment(name)).info
    client.create_registered_model(name)
    begun = time.monotonic()
    version = client.create_model_version(
        name, f"{run.artifact_uri}/model", run.run_id, tags={"a": "b"}
    )
    seconds = time.monotonic() - begun
    pending = {"version": version.version, "says": version.status_message, "seconds": seconds}
    print(json.dumps(pending))
    client.set_registered_model_alias(name, "champion", version.version)
    try:
        mlflow_ha.resolve(version)
    except mlflow_ha.TrackingUnavailable as error:
        print(json.dumps({"error": str(error)}))
        print(json.dumps({"unresolved": True, "queued": error.queued}), flush=True)
    resolved = mlflow_ha.resolve(version, timeout=30)
    print(json.dumps(told(resolved)))
    print(json.dumps(told(mlflow_ha.resolve(resolved))))


if __name__ == "__main__":
    main(sys.argv[1])
