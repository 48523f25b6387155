"""What training code does all day, in plain MLflow: it knows nothing of drills.

It runs in an environment of its own, so that nothing here but MLflow may be imported. Each call is
made once; what becomes of it is appended to a diary, a line of JSON each, before the next one.
"""

from __future__ import annotations

import argparse
import functools
import itertools
import json
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

from mlflow import MlflowClient
from mlflow.entities import Run

T = TypeVar("T")

KEY_TAG = "crew-key"
LONGEST_ERROR = 200


class Diary:
    """Lines that are on disk before the script goes on; a killed script's last may be torn."""

    def __init__(self, path: Path) -> None:
        self._file = path.open("a", encoding="utf-8", buffering=1)
        self._lock = threading.Lock()

    def write(self, event: str, **entry: Any) -> None:
        with self._lock:
            self._file.write(json.dumps({"event": event, **entry}) + "\n")

    def call(self, kind: str, key: str, thread: int, action: Callable[[], T]) -> T | None:
        """Return what `action` returns, or None if it raised."""
        began = time.monotonic()
        self.write("began", kind=kind, key=key, thread=thread, monotonic=began, wall=time.time())
        try:
            answer = action()
        except Exception as error:  # noqa: BLE001  (whatever a user would see is what counts)
            text = " ".join(str(error).split())[:LONGEST_ERROR]
            seconds = time.monotonic() - began
            self.write("failed", key=key, seconds=seconds, error=f"{type(error).__name__}: {text}")
            return None
        self.write("acknowledged", key=key, seconds=time.monotonic() - began)
        return answer


class Trainer(threading.Thread):
    """Makes a run, logs to it and registers a model version from it, again and again.

    Args:
        client: Shared by all trainers.
        experiment: Where the runs go.
        model: Which it alone registers versions of.
        number: Begins its keys.
        pause: Seconds between two rounds.
    """

    def __init__(
        self,
        client: MlflowClient,
        diary: Diary,
        *,
        experiment: str,
        model: str,
        number: int,
        pause: float,
    ) -> None:
        super().__init__(name=f"trainer-{number}")
        self._client = client
        self._diary = diary
        self._experiment = experiment
        self._model = model
        self._number = number
        self._pause = pause

    def run(self) -> None:
        for number in itertools.count():
            self._one_round(f"{self._number}-{number}")
            if stop.wait(self._pause):
                return

    def _one_round(self, name: str) -> None:
        run = self._call("create_run", f"{name}-run", self._make_run)
        if run is None or stop.is_set():
            return
        self._call("log_metric", f"{name}-metric", functools.partial(self._log, run))
        if not stop.is_set():
            self._call(
                "create_model_version", f"{name}-version", functools.partial(self._register, run)
            )

    def _call(self, kind: str, key: str, action: Callable[[str], T]) -> T | None:
        return self._diary.call(kind, key, self._number, lambda: action(key))

    def _make_run(self, key: str) -> Run:
        return self._client.create_run(self._experiment, tags={KEY_TAG: key})

    def _log(self, run: Run, key: str) -> None:
        self._client.log_metric(run.info.run_id, key, 1.0)

    def _register(self, run: Run, key: str) -> None:
        self._client.create_model_version(
            self._model,
            f"{run.info.artifact_uri}/model",
            run_id=run.info.run_id,
            tags={KEY_TAG: key},
        )


stop = threading.Event()


def main() -> None:
    """Prepare, say so in the diary, and work until standard input ends."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("name", help="of the experiment, and the beginning of each model's")
    parser.add_argument("diary", type=Path)
    parser.add_argument("--threads", type=int, required=True)
    parser.add_argument("--pause", type=float, required=True, help="seconds between two rounds")
    arguments = parser.parse_args()

    client = MlflowClient()
    experiment = client.create_experiment(arguments.name)
    models = [f"{arguments.name}-{thread}" for thread in range(arguments.threads)]
    for model in models:
        client.create_registered_model(model)
    diary = Diary(arguments.diary)
    diary.write("ready", experiment=arguments.name, models=models)
    trainers = [
        Trainer(
            client,
            diary,
            experiment=experiment,
            model=model,
            number=number,
            pause=arguments.pause,
        )
        for number, model in enumerate(models)
    ]
    for trainer in trainers:
        trainer.start()
    sys.stdin.read()  # ends also when whoever started this script is gone
    stop.set()
    for trainer in trainers:
        trainer.join()


if __name__ == "__main__":
    main()
