"""The stock client's requests, each sent once, over plain HTTP.

These are the endpoints and bodies of MLflow's own client with MLFLOW_HTTP_REQUEST_MAX_RETRIES=0.
MLflow's Python client itself is not used: it wraps every transport error into one INTERNAL_ERROR,
so "refused before sending" and "reset after sending" cannot be told apart, and it hides the
response's headers (X-Request-ID, X-MLflow-HA-Outcome). httpx keeps both, and never resends.
"""

from __future__ import annotations

import functools
import time
from collections import Counter
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

import httpx

from chaos.ledger import outcome
from chaos.ledger.client import Answer
from chaos.ledger.operation import Outcome
from chaos.ledger.reading import API, LONGEST_DETAIL, PATIENCE, Reader, attempts, named, silent
from chaos.ledger.session import REQUEST_TIMEOUT, session_to
from chaos.target import FrontDoor

SOURCE_RUN = "source of the model versions"


@dataclass(frozen=True, slots=True)
class Ground:
    """What a drill's creates belong to. MLflow wants every model version to come from a run."""

    experiment: str
    run: str
    artifacts: str


class RestClient:
    """Registers runs and model versions for several threads, one connection each."""

    name = "stock REST, no retries"

    def __init__(
        self,
        door: FrontDoor,
        *,
        prefix: str,
        threads: int,
        timeout: float = REQUEST_TIMEOUT,
        patience: float = PATIENCE,
    ) -> None:
        """Open nothing yet.

        Args:
            door: Where to send requests, and as whom.
            prefix: Names the drill's experiment and models; never used before.
            threads: Threads 0 to `threads` may create; each has a model and a connection.
            timeout: Longest wait for an answer, in seconds.
            patience: How long reading back and preparing are repeated.
        """
        self._prefix = prefix
        self._patience = patience
        self._ground: Ground | None = None
        self._session = functools.partial(session_to, door, timeout)
        self._sessions = [self._session() for _ in range(threads + 1)]

    def prepare(self) -> None:
        if self._ground is not None:
            return
        try:
            for attempt in attempts(self._patience):
                with attempt:
                    ground = self._prepare()
                    for thread in range(len(self._sessions)):
                        self._register(self._model(thread))
        except (httpx.HTTPError, ValueError) as error:
            doing = "preparing the drill's experiment and models"
            raise silent(doing, error, self._patience) from error
        self._ground = ground

    def create(self, kind: str, key: str, thread: int, *, fresh: bool = False) -> Answer:
        path, body = self._request(kind, key, thread)
        try:
            if fresh:
                with self._session() as session:
                    response = session.post(f"{API}/{path}", json=body)
            else:
                response = self._sessions[thread].post(f"{API}/{path}", json=body)
        except httpx.TransportError as error:
            return Answer(outcome.of_error(error), detail=named(error))
        return _answer(response)

    def read_back(self) -> Counter[str]:
        if self._ground is None:
            return Counter()
        reader = Reader(self._sessions[0], self._patience)
        found = Counter(run["info"]["run_name"] for run in reader.runs(self._ground.experiment))
        del found[SOURCE_RUN]
        for thread in range(len(self._sessions)):
            versions = reader.model_versions(self._model(thread))
            found.update(version.get("description", "") for version in versions)
        return found

    def close(self) -> None:
        for session in self._sessions:
            session.close()

    def _request(self, kind: str, key: str, thread: int) -> tuple[str, dict[str, Any]]:
        if self._ground is None:
            raise RuntimeError("nothing to create in yet. Call prepare() first")
        if kind == "create_run":
            return "runs/create", _run(self._ground.experiment, key)
        return "model-versions/create", {
            "name": self._model(thread),
            "source": f"{self._ground.artifacts}/model",
            "run_id": self._ground.run,
            "description": key,
        }

    def _model(self, thread: int) -> str:
        return f"{self._prefix}-w{thread}"

    def _prepare(self) -> Ground:
        experiment = self._experiment_id()
        response = self._sessions[0].post(f"{API}/runs/create", json=_run(experiment, SOURCE_RUN))
        info = response.raise_for_status().json()["run"]["info"]
        return Ground(experiment, info["run_id"], info["artifact_uri"])

    def _experiment_id(self) -> str:
        response = self._sessions[0].post(f"{API}/experiments/create", json={"name": self._prefix})
        if response.status_code == HTTPStatus.BAD_REQUEST:  # it exists if an answer got lost
            response = self._sessions[0].get(
                f"{API}/experiments/get-by-name", params={"experiment_name": self._prefix}
            )
            return str(response.raise_for_status().json()["experiment"]["experiment_id"])
        return str(response.raise_for_status().json()["experiment_id"])

    def _register(self, model: str) -> None:
        body = {"name": model}
        response = self._sessions[0].post(f"{API}/registered-models/create", json=body)
        if "RESOURCE_ALREADY_EXISTS" not in response.text:
            response.raise_for_status()


def _run(experiment: str, name: str) -> dict[str, Any]:
    return {
        "experiment_id": experiment,
        "run_name": name,
        "start_time": int(time.time() * 1000),
    }


def _answer(response: httpx.Response) -> Answer:
    what = outcome.of_answer(response.status_code, response.headers)
    detail = ""
    if what is not Outcome.ACKNOWLEDGED:
        text = " ".join(response.text.split())
        detail = f"{response.status_code}: {text[:LONGEST_DETAIL]}"
    return Answer(what, response.status_code, response.headers.get("x-request-id"), detail)
