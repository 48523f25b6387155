"""Logs until the disk is full, makes room, and goes on; says what was acknowledged.

`filling.py NAME DISK`
"""

import json
import sys
from pathlib import Path

from mlflow import MlflowClient
from mlflow.exceptions import MlflowException

AT_MOST = 20_000
AFTERWARDS = 20


def main(name: str, disk: Path) -> None:
    client = MlflowClient()
    ballast = disk / "ballast"
    ballast.write_bytes(bytes(1_000_000))
    run = client.create_run(client.create_experiment(name), run_name=name).info
    small, large = disk / "small.bin", disk.parent / "large.bin"
    small.write_bytes(bytes(100))
    large.write_bytes(bytes(8_000_000))
    client.log_artifact(run.run_id, str(small))
    steps: list[int] = []
    told: dict[str, object] = {}
    try:
        client.log_artifact(run.run_id, str(large))
    except MlflowException as error:
        told["file"] = f"{type(error).__name__}: {error}"
    for step in range(AT_MOST):
        try:
            client.log_metric(run.run_id, "m", 1, step=step)
        except MlflowException as error:
            told["full"] = f"{type(error).__name__}: {error}"
            told["refused at"] = step
            break
        steps.append(step)
    ballast.unlink()
    for step in range(AT_MOST, AT_MOST + AFTERWARDS):
        client.log_metric(run.run_id, "m", 1, step=step)
        steps.append(step)
    print(json.dumps({**told, "steps": steps}))


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]))
