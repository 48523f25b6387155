"""Forks while the spool is in use, and ends; the child logs on, and is killed right after.

`orphan.py NAME NOTES`. NOTES is there once the child's last call has been acknowledged.
"""

import os
import signal
import sys
import time
from pathlib import Path

from mlflow import MlflowClient


def main(name: str, notes: Path) -> None:
    client = MlflowClient()
    run_id = client.create_run(client.create_experiment(name), run_name=name).info.run_id
    client.log_metric(run_id, "m", 0, step=0)
    parent = os.getpid()
    heard, said = os.pipe()
    if os.fork():
        os.read(heard, 1)
        return
    client.log_metric(run_id, "m", 0, step=1)
    os.write(said, b".")
    while os.getppid() == parent:
        time.sleep(0.02)
    for step in range(2, 12):
        client.log_metric(run_id, "m", 0, step=step)
    notes.write_text("done", encoding="utf-8")
    os.kill(os.getpid(), signal.SIGKILL)


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]))
