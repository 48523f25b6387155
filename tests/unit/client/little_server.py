"""A server that speaks as much of MLflow's REST interface as a replay needs, and fails on request.

It knows idempotency keys as the real one does: the second arrival of a key gets the first one's
answer, and one that says something else is refused. What the real one does is in tests/cluster; this one can lose a reply at a chosen moment.
"""

from __future__ import annotations

import json
import threading
import time
from collections import deque
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self
from urllib.parse import parse_qs, urlsplit

_NOT_FOUND = {"error_code": "RESOURCE_DOES_NOT_EXIST", "message": "there is none"}


class LittleServer:
    """Runs on a free port of the loopback interface while it is entered.

    Attributes:
        faults: What happens to the next requests, one each: "ok", a status such as "503" or
            "400 Bad name", "lose" (done, then the connection is closed), "hang-up" (closed, not
            done).
        down: Whether every request gets 503.
        seen: Method and path of all requests, in order.
        times: When each came, on the monotonic clock.
        connections: That were taken so far.
        gate: Requests are answered while it is set, which it is at first.
        bodies: What came with each method and path.
        retry_after: Told with every status that comes from `faults`.
        upgraded_after: So many requests it knows keys; none: never.
    """

    def __init__(self, *, keys: bool = True, keep_alive: bool = True) -> None:
        self.keys = keys
        self._protocol = "HTTP/1.1" if keep_alive else "HTTP/1.0"
        self.times: list[float] = []
        self.connections = 0
        self.gate = threading.Event()
        self.gate.set()
        self.faults: deque[str] = deque()
        self.down = False
        self.retry_after: str | None = None
        self.upgraded_after: int | None = None
        self.seen: list[str] = []
        self.bodies: dict[str, list[Any]] = {}
        self.runs: dict[str, dict[str, Any]] = {}
        self.metrics: list[tuple[str, str, float]] = []
        self.params: dict[tuple[str, str], str] = {}
        self.versions: list[dict[str, Any]] = []
        self.experiments: dict[str, dict[str, Any]] = {}
        self._answers: dict[str, tuple[Any, dict[str, Any]]] = {}
        self._lock = threading.Lock()

    def __enter__(self) -> Self:
        owner = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = owner._protocol
            disable_nagle_algorithm = True  # as real servers: else answers may take 40 ms

            def do_GET(self) -> None:
                owner._serve(self)

            do_POST = do_GET  # noqa: N815  (the base class's name)

            def log_message(self, *_: Any) -> None:
                pass

        class Http(ThreadingHTTPServer):
            daemon_threads = True
            request_queue_size = 128

            def verify_request(self, *_: Any) -> bool:
                owner.connections += 1
                return True

        self._http = Http(("127.0.0.1", 0), Handler)
        threading.Thread(target=self._http.serve_forever, args=(0.01,), daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._http.shutdown()
        self._http.server_close()

    @property
    def uri(self) -> str:
        return f"http://127.0.0.1:{self._http.server_port}"

    def _serve(self, request: BaseHTTPRequestHandler) -> None:
        self.gate.wait()
        length = int(request.headers.get("Content-Length") or 0)
        sent = json.loads(request.rfile.read(length)) if length else {}
        parts = urlsplit(request.path)
        body = sent or {key: value[0] for key, value in parse_qs(parts.query).items()}
        with self._lock:
            place = f"{request.command} {parts.path}"
            self.keys |= len(self.seen) == self.upgraded_after
            self.seen.append(place)
            self.times.append(time.monotonic())
            self.bodies.setdefault(place, []).append(body)
            if parts.path == "/writable":
                self._reply(request, 503 if self.down else 200, {})
                return
            fault = "503" if self.down else self.faults.popleft() if self.faults else "ok"
            status, _, said = fault.partition(" ")
            if status.isdigit():
                code = _CODES.get(status, "BAD_REQUEST")
                told = {"error_code": code, "message": said or status}
                self._reply(request, int(status), told)
                return
            if fault == "hang-up":
                request.close_connection = True
                return
            key = request.headers.get("X-MLflow-HA-Idempotency-Key") if self.keys else None
            again = key in self._answers
            first, answer = self._answers.get(key or "", (body, None))
            if first != body:
                answer = {"error_code": "INVALID_PARAMETER_VALUE", "message": "another request"}
            if answer is None:
                answer = self._do(parts.path.removeprefix("/api/2.0/mlflow/"), body)
                if key:
                    self._answers[key] = body, answer
        if fault == "lose":
            request.close_connection = True
        else:
            self._reply(request, _status(answer), answer, again=again)

    def _reply(
        self,
        request: BaseHTTPRequestHandler,
        status: int,
        answer: dict[str, Any],
        *,
        again: bool = False,
    ) -> None:
        text = json.dumps(answer).encode()
        request.send_response(status)
        request.send_header("Content-Type", "application/json")
        request.send_header("Content-Length", str(len(text)))
        if self.keys:
            request.send_header("X-MLflow-HA-Idempotency", "1")
        if again:
            request.send_header("X-MLflow-HA-Idempotent-Replay", "true")
        if self.retry_after and status != _OK:
            request.send_header("Retry-After", self.retry_after)
        request.end_headers()
        request.wfile.write(text)

    def _do(self, path: str, body: dict[str, Any]) -> dict[str, Any]:
        work: dict[str, Callable[[dict[str, Any]], dict[str, Any]]] = {
            "experiments/get": lambda b: {"experiment": {"experiment_id": b["experiment_id"]}},
            "experiments/get-by-name": self._experiment_by_name,
            "experiments/create": self._experiment,
            "runs/create": self._run,
            "runs/get": self._run_by_id,
            "runs/search": self._search_runs,
            "runs/log-metric": self._metric,
            "runs/log-parameter": self._param,
            "runs/log-batch": self._batch,
            "runs/delete-tag": lambda _: _NOT_FOUND,
            "model-versions/create": self._version,
            "model-versions/search": self._search_versions,
        }
        return work[path](body)

    def _experiment(self, body: dict[str, Any]) -> dict[str, Any]:
        if body["name"] in self.experiments:
            return {"error_code": "RESOURCE_ALREADY_EXISTS", "message": body["name"]}
        made = {"experiment_id": str(len(self.experiments) + 1), **body}
        self.experiments[body["name"]] = made
        return {"experiment_id": made["experiment_id"]}

    def _experiment_by_name(self, body: dict[str, Any]) -> dict[str, Any]:
        found = self.experiments.get(body["experiment_name"])
        return {"experiment": found} if found else _NOT_FOUND

    def _run(self, body: dict[str, Any]) -> dict[str, Any]:
        made = f"{len(self.runs) + 1:032d}"
        uri = f"mlflow-artifacts:/{body['experiment_id']}/{made}/artifacts"
        info = {"run_id": made, "artifact_uri": uri}
        self.runs[made] = {"info": info, "name": body["run_name"], "tags": body.get("tags", [])}
        return {"run": {"info": info}}

    def _run_by_id(self, body: dict[str, Any]) -> dict[str, Any]:
        found = self.runs.get(body["run_id"])
        return {"run": found} if found else _NOT_FOUND

    def _search_runs(self, body: dict[str, Any]) -> dict[str, Any]:
        key = body["filter"].split("'")[1]
        found = [run for run in self.runs.values() if _bears(run["tags"], key)]
        return {"runs": [{"info": run["info"], "data": {"tags": run["tags"]}} for run in found]}

    def _metric(self, body: dict[str, Any]) -> dict[str, Any]:
        if body["run_id"] not in self.runs:
            return _NOT_FOUND
        point = (body["run_id"], body["key"], body["value"])
        if point not in self.metrics:  # as MLflow's primary key has it
            self.metrics.append(point)
        return {}

    def _param(self, body: dict[str, Any]) -> dict[str, Any]:
        place = (body["run_id"], body["key"])
        if self.params.setdefault(place, body["value"]) != body["value"]:
            return {"error_code": "INVALID_PARAMETER_VALUE", "message": "params do not change"}
        return {}

    def _batch(self, body: dict[str, Any]) -> dict[str, Any]:
        told: dict[str, Any] = {}
        for metric in body.get("metrics", []):
            told |= self._metric({"run_id": body["run_id"], **metric})
        for param in body.get("params", []):
            told |= self._param({"run_id": body["run_id"], **param})
        return told

    def _version(self, body: dict[str, Any]) -> dict[str, Any]:
        number = str(sum(v["name"] == body["name"] for v in self.versions) + 1)
        self.versions.append({**body, "version": number})
        return {"model_version": {"name": body["name"], "version": number}}

    def _search_versions(self, body: dict[str, Any]) -> dict[str, Any]:
        key = body["filter"].split("'")[1]
        tags = [v.get("tags", []) for v in self.versions]
        found = [v for v, t in zip(self.versions, tags, strict=True) if _bears(t, key)]
        return {"model_versions": found}


_OK = 200
_CODES = {
    "401": "UNAUTHENTICATED",
    "403": "PERMISSION_DENIED",
    "500": "INTERNAL_ERROR",
    "503": "TEMPORARILY_UNAVAILABLE",
}


def _bears(tags: list[dict[str, str]], key: str) -> bool:
    return any(tag["value"] == key for tag in tags)


def _status(answer: dict[str, Any]) -> int:
    match answer.get("error_code"):
        case None:
            return _OK
        case "RESOURCE_DOES_NOT_EXIST":
            return 404
    return 400
