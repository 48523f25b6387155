"""Takes things away, brings them back and renames them; tells what each call raised."""

import json
import sys
from collections.abc import Callable

from mlflow import MlflowClient
from mlflow.exceptions import MlflowException


def main(name: str) -> None:
    client = MlflowClient()
    experiment = client.create_experiment(name, tags={"t": "1"})
    run = client.create_run(experiment, tags={"t": "1"})
    ident = run.info.run_id
    model = client.create_logged_model(experiment, tags={"t": "1"}).model_id
    client.create_registered_model(name, tags={"t": "1"})
    version = client.create_model_version(
        name, f"{run.info.artifact_uri}/model", ident, tags={"t": "1"}
    ).version
    client.set_registered_model_alias(name, "a", version)
    calls: dict[str, Callable[[], object]] = {
        "delete a run's tag": lambda: client.delete_tag(ident, "t"),
        "delete a run": lambda: client.delete_run(ident),
        "restore a run": lambda: client.restore_run(ident),
        "delete a model's tag": lambda: client.delete_logged_model_tag(model, "t"),
        "delete a model": lambda: client.delete_logged_model(model),
        "delete an alias": lambda: client.delete_registered_model_alias(name, "a"),
        "delete a version's tag": lambda: client.delete_model_version_tag(name, version, "t"),
        "delete a version": lambda: client.delete_model_version(name, version),
        "delete a registered model's tag": lambda: client.delete_registered_model_tag(name, "t"),
        "rename a registered model": lambda: client.rename_registered_model(name, f"{name}-new"),
        "delete a registered model": lambda: client.delete_registered_model(f"{name}-new"),
        "delete an experiment": lambda: client.delete_experiment(experiment),
        "restore an experiment": lambda: client.restore_experiment(experiment),
        "rename an experiment": lambda: client.rename_experiment(experiment, f"{name}-new"),
    }
    raised = {}
    for what, call in calls.items():
        try:
            call()
        except MlflowException as error:
            raised[what] = f"{error.error_code}: {error.message}"
    print(json.dumps(raised))


if __name__ == "__main__":
    main(sys.argv[1])
