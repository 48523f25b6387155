"""The script that is killed: logs what a seed says, and notes what it was told is done.

`work.py SEED NAME COUNT NOTES`. Each line of NOTES is on disk before the next step: what is begun,
and what MLflow has acknowledged. It knows nothing of outages.
"""

from __future__ import annotations

import json
import os
import random
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from mlflow import MlflowClient
from mlflow.entities import Metric, Param, RunTag


class Notes:
    """What was begun, and what is done."""

    def __init__(self, path: str) -> None:
        self._file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND)

    @contextmanager
    def of(self, *adds: list[Any], sets: tuple[str, Any] | None = None) -> Iterator[None]:
        """Note one call.

        Args:
            adds: What is there afterwards, each once.
            sets: A place, and what is there until a later call changes it.
        """
        what = {"adds": adds, "sets": sets}
        self._write({"state": "begun", **what})
        yield
        self._write({"state": "done", **what})

    def _write(self, line: dict[str, Any]) -> None:
        os.write(self._file, json.dumps(line).encode() + b"\n")
        os.fsync(self._file)


class Work:
    """One experiment, its runs, and one registered model."""

    def __init__(self, name: str, notes: Notes) -> None:
        self.client = MlflowClient()
        self.name = name
        self.notes = notes
        self.number = 0
        self.versions: list[tuple[int, str]] = []
        with notes.of(["experiment", name]):
            self.experiment = self.client.create_experiment(name)
        with notes.of(["registered model", name]):
            self.client.create_registered_model(name)
        self.create_run()

    def do(self, action: str) -> None:
        self.number += 1
        getattr(self, action)()

    def create_run(self) -> None:
        self.run = self.number
        with self.notes.of(["run", self.run]):
            made = self.client.create_run(self.experiment, tags={"number": str(self.run)})
        self.run_id, self.place = made.info.run_id, made.info.artifact_uri

    def end_run(self) -> None:
        with self.notes.of(sets=(f"status of {self.run}", "FINISHED")):
            self.client.set_terminated(self.run_id)
        self.number += 1
        self.create_run()

    def log_metric(self) -> None:
        with self.notes.of(["metric", self.run, self.number, self.number / 2]):
            self.client.log_metric(self.run_id, "m", self.number / 2, step=self.number)

    def log_batch(self) -> None:
        n = self.number
        adds = [["metric", self.run, n, n / 4], ["param", self.run, f"b{n}", str(n)]]
        with self.notes.of(*adds, sets=(f"tag of {self.run}", str(n))):
            self.client.log_batch(
                self.run_id,
                [Metric("m", n / 4, n, n)],
                [Param(f"b{n}", str(n))],
                [RunTag("last", str(n))],
            )

    def log_param(self) -> None:
        with self.notes.of(["param", self.run, f"p{self.number}", "v"]):
            self.client.log_param(self.run_id, f"p{self.number}", "v")

    def set_tag(self) -> None:
        with self.notes.of(sets=(f"tag of {self.run}", str(self.number))):
            self.client.set_tag(self.run_id, "last", str(self.number))

    def log_artifact(self) -> None:
        with tempfile.TemporaryDirectory() as folder:
            file = Path(folder) / f"{self.number}.bin"
            file.write_bytes(bytes(self.number + 1))
            with self.notes.of(["file", self.run, f"files/{file.name}", self.number + 1]):
                self.client.log_artifact(self.run_id, str(file), "files")

    def create_logged_model(self) -> None:
        name = f"m{self.number}"
        with self.notes.of(["logged model", name, self.run]):
            made = self.client.create_logged_model(
                self.experiment, name=name, source_run_id=self.run_id, tags={"run": str(self.run)}
            )
        with self.notes.of(sets=(f"status of {name}", "LOGGED_MODEL_READY")):
            self.client.finalize_logged_model(made.model_id, "READY")

    def register(self) -> None:
        with self.notes.of(["version", self.number, self.run]):
            made = self.client.create_model_version(
                self.name,
                f"{self.place}/model",
                self.run_id,
                tags={"number": str(self.number), "run": str(self.run)},
            )
        self.versions.append((self.number, made.version))

    def set_alias(self) -> None:
        if not self.versions:
            self.register()
        number, version = self.versions[-1]
        with self.notes.of(sets=("alias", number)):
            self.client.set_registered_model_alias(self.name, "champion", version)


ACTIONS = (
    "log_metric", "log_metric", "log_batch", "log_batch", "log_param", "set_tag", "log_artifact",
    "create_logged_model", "register", "register", "set_alias", "end_run",
)  # fmt: skip


def main(seed: str, name: str, count: str, notes: str) -> None:
    chosen = random.Random(seed)  # noqa: S311  (to be repeated, not to be secret)
    work = Work(name, Notes(notes))
    for _ in range(int(count)):
        work.do(chosen.choice(ACTIONS))
    work.do("end_run")


if __name__ == "__main__":
    main(*sys.argv[1:])
