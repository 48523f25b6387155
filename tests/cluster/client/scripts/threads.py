"""Eight threads that log to one run, make runs of their own and register a version each."""

import json
import sys
from concurrent.futures import ThreadPoolExecutor

from mlflow import MlflowClient
from mlflow.entities import Run

THREADS, STEPS = 8, 6


def log(client: MlflowClient, name: str, run: Run, writer: int) -> None:
    if writer:
        client.create_run(run.info.experiment_id, run_name=f"{name}-{writer}")
    for step in range(STEPS):
        client.log_metric(run.info.run_id, "m", writer, step=1000 * writer + step)
    client.create_model_version(name, f"{run.info.artifact_uri}/model", run.info.run_id)


def main(name: str) -> None:
    client = MlflowClient()
    run = client.create_run(client.create_experiment(name), run_name=name)
    client.create_registered_model(name)
    with ThreadPoolExecutor(THREADS) as pool:
        for done in [pool.submit(log, client, name, run, writer) for writer in range(THREADS)]:
            done.result()
    print(json.dumps({"steps": STEPS}))


if __name__ == "__main__":
    main(sys.argv[1])
