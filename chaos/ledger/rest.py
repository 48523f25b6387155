"""The stock client's requests, each sent once, over plain HTTP.

These are the endpoints and bodies of MLflow's own client with MLFLOW_HTTP_REQUEST_MAX_RETRIES=0.
MLflow's Python client itself is not used: it wraps every transport error into one INTERNAL_ERROR,
so "refused before sending" and "reset after sending" cannot be told apart, and it hides the
response's headers (X-Request-ID, X-MLflow-HA-Outcome). httpx keeps both, and never resends.
"""

from __future__ import annotations

import functools
import ssl
import time
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

import httpx
import stamina

from chaos.ledger import outcome
from chaos.ledger.client import Answer, ServiceSilent
from chaos.ledger.operation import Outcome
from chaos.target import FrontDoor

API = "/api/2.0/mlflow"
REQUEST_TIMEOUT = 10.0
"""Stock clients wait 120 s. A writer that waits that long in a dead connection measures its own
patience instead of the service; 10 s is longer than any answer of a healthy one."""
CONNECT_TIMEOUT = 3.0
PATIENCE = 60.0
"""For reading back and preparing, which are repeated until they succeed."""
PAGE = 1000
LONGEST_DETAIL = 200
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
        self._session = functools.partial(
            httpx.Client,
            base_url=door.url,
            auth=(door.username, door.password),
            timeout=httpx.Timeout(timeout, connect=min(timeout, CONNECT_TIMEOUT)),
            limits=httpx.Limits(max_connections=1, max_keepalive_connections=1),
            verify=ssl.create_default_context(),  # once: loading it costs more than all clients
            trust_env=False,  # a proxy in between would answer for a dead service
        )
        self._sessions = [self._session() for _ in range(threads + 1)]

    def prepare(self) -> None:
        if self._ground is not None:
            return
        try:
            for attempt in self._attempts():
                with attempt:
                    ground = self._prepare()
                    for thread in range(len(self._sessions)):
                        self._register(self._model(thread))
        except (httpx.HTTPError, ValueError) as error:
            raise self._silent("preparing the drill's experiment and models", error) from error
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
            return Answer(outcome.of_error(error), detail=_name(error))
        return _answer(response)

    def read_back(self) -> Counter[str]:
        if self._ground is None:
            return Counter()
        runs = {
            "experiment_ids": [self._ground.experiment],
            "max_results": PAGE,
            "run_view_type": "ALL",
        }
        found = Counter(run["info"]["run_name"] for run in self._pages("runs", runs))
        del found[SOURCE_RUN]
        for thread in range(len(self._sessions)):
            query = {"filter": f"name='{self._model(thread)}'", "max_results": PAGE}
            found.update(
                version.get("description", "") for version in self._pages("model_versions", query)
            )
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

    def _pages(self, what: str, query: dict[str, Any]) -> Iterator[dict[str, Any]]:
        token: str | None = None
        while True:
            page = self._page(what, {**query, **({"page_token": token} if token else {})})
            yield from page.get(what, [])
            token = page.get("next_page_token")
            if not token:
                return

    def _page(self, what: str, query: dict[str, Any]) -> dict[str, Any]:
        session = self._sessions[0]
        try:
            for attempt in self._attempts():
                with attempt:
                    if what == "runs":
                        response = session.post(f"{API}/runs/search", json=query)
                    else:
                        response = session.get(f"{API}/model-versions/search", params=query)
                    page: dict[str, Any] = response.raise_for_status().json()
                    return page
        except (httpx.HTTPError, ValueError) as error:
            raise self._silent(f"searching {what}", error) from error
        raise AssertionError("unreachable: the last attempt returns or raises")

    def _silent(self, doing: str, error: Exception) -> ServiceSilent:
        return ServiceSilent(
            f"{doing} failed, with up to {self._patience:g} s of repeating; the last answer: "
            f"{_name(error)}. Look at the service, then run the drill again"
        )

    def _attempts(self) -> Iterable[stamina.Attempt]:
        return stamina.retry_context(
            on=_worth_repeating,
            attempts=None,
            timeout=self._patience,
            wait_initial=0.2,
            wait_max=2.0,
        )


def _run(experiment: str, name: str) -> dict[str, Any]:
    return {
        "experiment_id": experiment,
        "run_name": name,
        "start_time": int(time.time() * 1000),
    }


def _worth_repeating(error: Exception) -> bool:
    if isinstance(error, httpx.HTTPStatusError):  # a wrong password stays wrong
        return error.response.status_code >= HTTPStatus.INTERNAL_SERVER_ERROR
    return isinstance(error, (httpx.HTTPError, ValueError))


def _answer(response: httpx.Response) -> Answer:
    what = outcome.of_answer(response.status_code, response.headers)
    detail = ""
    if what is not Outcome.ACKNOWLEDGED:
        text = " ".join(response.text.split())
        detail = f"{response.status_code}: {text[:LONGEST_DETAIL]}"
    return Answer(what, response.status_code, response.headers.get("x-request-id"), detail)


def _name(error: Exception) -> str:
    text = " ".join(str(error).split())[:LONGEST_DETAIL]
    return f"{type(error).__name__}: {text}" if text else type(error).__name__
