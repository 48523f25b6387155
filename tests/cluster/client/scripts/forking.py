"""A run that is begun here, and that four forked children log to as well as this process."""

import json
import multiprocessing
import sys

import mlflow
from mlflow import MlflowClient

STEPS = 5


def log(writer: int, name: str, experiment: str, run_id: str) -> None:
    client = MlflowClient()
    if writer:
        client.create_run(experiment, run_name=f"{name}-{writer}")
    for step in range(STEPS):
        client.log_metric(run_id, "m", writer, step=1000 * writer + step)


def main(name: str) -> None:
    client = MlflowClient()
    experiment = client.create_experiment(name)
    run_id = client.create_run(experiment, run_name=name).info.run_id
    forks = multiprocessing.get_context("fork")
    children = [
        forks.Process(target=log, args=(writer, name, experiment, run_id)) for writer in range(1, 5)
    ]
    for child in children:
        child.start()
    log(0, name, experiment, run_id)
    for child in children:
        child.join()
        assert child.exitcode == 0, child.exitcode
    client.set_terminated(run_id)
    print(json.dumps({"steps": STEPS}))


if __name__ == "__main__":
    assert mlflow.get_tracking_uri().startswith("http")
    main(sys.argv[1])
