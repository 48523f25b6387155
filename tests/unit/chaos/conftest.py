"""A fake MLflow that really speaks HTTP, and a fake target that breaks it."""

from __future__ import annotations

import copy
import json
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from chaos import drill as drills
from chaos.drill import Drill
from chaos.progress import Silent
from chaos.result import Result
from chaos.suite import Suite
from chaos.target import Fault, FrontDoor, NotPossible
from settings import Settings, parse

SHORT = {
    "start_writers": {"baseline": 0.15},
    "writes_flow": {"steady": 0.15},
    "fleet_stays": {"seconds": 0.15},
}


class FakeMlflow(ThreadingHTTPServer):
    """The handful of endpoints the ledger uses, and every way in which they may fail.

    `mode` is "up", "refuse" (503 with Retry-After), "reset" (applies it, then hangs up), "unknown"
    (503 marked outcome-unknown), "broken" (500) or "slow" (answers after 0.8 s).
    """

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.mode = "up"
        self.lock = threading.Lock()
        self.runs: list[str] = []
        self.versions: list[tuple[str, str]] = []
        self.forgets: set[int] = set()  # the n-th create is acknowledged and not kept
        self.doubles: set[int] = set()
        self.creates = 0
        self.arrived = 0

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"

    def keep(self, store: list[Any], item: Any) -> None:
        with self.lock:
            self.creates += 1
            if self.creates not in self.forgets:
                store.append(item)
            if self.creates in self.doubles:
                store.append(item)


class Handler(BaseHTTPRequestHandler):
    server: FakeMlflow
    protocol_version = "HTTP/1.1"
    wbufsize = -1  # head and body in one packet, else each answer waits for a delayed ACK

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        time.sleep(0.002)
        what = self.path.removeprefix("/api/2.0/mlflow/")
        if what in ("runs/create", "model-versions/create"):
            self._create(what, body)
        elif what == "runs/set-tag":
            self._tag()
        elif what == "runs/search":
            self._page(body, "runs", [{"info": {"run_name": n}} for n in self.server.runs])
        elif what == "experiments/create":
            self._answer(200, {"experiment_id": "7"})
        else:
            self._answer(200, {})

    def do_GET(self) -> None:
        _, _, query = self.path.partition("?")
        fields = dict(part.split("=") for part in query.split("&"))
        model = fields["filter"].removeprefix("name%3D%27").removesuffix("%27")
        found = [{"description": key} for name, key in self.server.versions if name == model]
        self._page(fields, "model_versions", found)

    def _create(self, what: str, body: dict[str, Any]) -> None:
        mode = self.server.mode
        with self.server.lock:
            self.server.arrived += 1
        if mode == "refuse":
            return self._answer(503, {"message": "no primary"}, {"Retry-After": "1"})
        if mode == "broken":
            return self._answer(500, {"message": "who knows"})
        if mode == "slow":
            time.sleep(0.8)
        if what == "runs/create":
            self.server.keep(self.server.runs, body["run_name"])
        else:
            self.server.keep(self.server.versions, (body["name"], body["description"]))
        if mode == "unknown":
            return self._answer(503, {}, {"X-MLflow-HA-Outcome": "unknown"})
        if mode == "reset":
            self.close_connection = True
            return None
        return self._answer(200, {"run": {"info": {"run_id": "r", "artifact_uri": "m:/a"}}})

    def _tag(self) -> None:
        if self.server.mode == "slow":
            time.sleep(0.8)
        self._answer(503 if self.server.mode == "refuse" else 200, {})

    def _page(self, query: Mapping[str, Any], name: str, items: list[Any]) -> None:
        size, start = 20, int(query.get("page_token", 0))  # far below what is asked for
        more = {"next_page_token": str(start + size)} if start + size < len(items) else {}
        self._answer(200, {name: items[start : start + size], **more})

    def _answer(
        self, status: int, body: Mapping[str, Any], headers: Mapping[str, str] | None = None
    ) -> None:
        text = json.dumps(body).encode()
        self.send_response(status)
        for key, value in {"X-Request-ID": "req-1", **(headers or {})}.items():
            self.send_header(key, value)
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)

    def handle(self) -> None:
        try:
            super().handle()
        except ConnectionError:
            """The client gave up waiting."""

    def log_message(self, *args: Any) -> None:
        """Say nothing."""


class FakeTarget:
    """A primary with standbys in front of a fake MLflow: it fails over unless they are gone."""

    name = "fake"

    def __init__(self, mlflow: FakeMlflow) -> None:
        self.mlflow = mlflow
        self.standbys = True
        self.failover = 0.15
        self.faulty: set[str] = set()
        """Of "misses", "impossible", "restarts", "takes out", "never redundant", "raises"."""
        self.active: list[FakeFault] = []

    def front_door(self) -> FrontDoor:
        return FrontDoor(self.mlflow.url, "admin", "secret")

    def fault(self, verb: str, role: str) -> Fault:
        return FakeFault(self, verb, role)

    def missing(self) -> list[str]:
        if self.active and "never redundant" in self.faulty:
            return ["db-2 is not streaming"]
        return [f"{fault.role} is down" for fault in self.active if fault.needs_healing]

    def instances(self) -> dict[str, str]:
        restarted = self.active and "restarts" in self.faulty
        return {"app-1": "999" if restarted else "11", "app-2": "12"}

    def in_rotation(self) -> dict[str, frozenset[str]]:
        out = {"app-2"} if self.active and "takes out" in self.faulty else set()
        return {"lb-1": frozenset({"app-1", "app-2"} - out)}

    def versions(self) -> dict[str, str]:
        return {"fake": "1"}


class FakeFault:
    def __init__(self, target: FakeTarget, verb: str, role: str) -> None:
        self.description = f"{verb} {role}"
        self.role = role
        self.needs_healing = verb != "crash"
        self._target = target

    def inject(self) -> None:
        target = self._target
        if "impossible" in target.faulty:
            raise NotPossible("needs root: hosts are process groups here. Run it as root")
        if "raises" in target.faulty:
            raise OSError("kill: permission denied")
        if "misses" in target.faulty:
            return
        target.active.append(self)
        if self.role == "standbys":
            target.standbys = False
            return
        target.mlflow.mode = "refuse"
        if target.standbys and self.role != "databases":
            repair = threading.Timer(target.failover, self._up)
            repair.daemon = True
            repair.start()

    def landed(self) -> str | None:
        return None if self in self._target.active else "postmaster 4711 still runs"

    def heal(self) -> None:
        if self in self._target.active:
            self._target.active.remove(self)
        if self.role == "standbys":
            self._target.standbys = True
        self._up()

    def _up(self) -> None:
        self._target.mlflow.mode = "up"


@pytest.fixture
def mlflow() -> Iterator[FakeMlflow]:
    server = FakeMlflow()
    thread = threading.Thread(target=lambda: server.serve_forever(poll_interval=0.02), daemon=True)
    thread.start()
    yield server
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.fixture
def target(mlflow: FakeMlflow) -> FakeTarget:
    return FakeTarget(mlflow)


@pytest.fixture
def brief_settings() -> Settings:
    """Objectives that a fake cluster can meet and miss within a second."""
    objectives = {"primary_crash": 0.8, "instance_loss": 0.8, "redundancy_restored": 0.8}
    return parse({"environment": "local", "objectives": objectives}, source="test")


def shortened(drill: Drill) -> Drill:
    """The same drill without its long waits."""
    experiment = copy.deepcopy(dict(drill.experiment))
    for activity in experiment["method"]:
        provider = activity["provider"]
        if provider["func"] in SHORT:
            provider["arguments"] = SHORT[provider["func"]]
    return Drill(drill.name, experiment, drill.terms)


@pytest.fixture
def suite(
    target: FakeTarget, brief_settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Suite:
    monkeypatch.setattr("chaos.probes.LANDING", 0.1)
    monkeypatch.setattr("chaos.probes.SETTLING", 0.3)
    monkeypatch.setattr("chaos.probes.ASKING_INTERVAL", 0.05)
    return Suite(
        target=target,
        settings=brief_settings,
        folder=tmp_path / "report",
        threads=3,
        progress=Silent(),
        versions={"fake": "1"},
    )


@pytest.fixture
def play(suite: Suite) -> Callable[[str], Result]:
    """Run a drill by name against the fake target."""

    def run(name: str) -> Result:
        [result] = suite.run([shortened(drills.load(name))])
        return result

    return run


@pytest.fixture
def short_experiments(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The real drills on disk, without their long waits."""
    folder = tmp_path / "experiments"
    folder.mkdir()
    for name in drills.names():
        text = json.dumps(shortened(drills.load(name)).experiment)
        (folder / f"{name}.yaml").write_text(text)
    monkeypatch.setattr(drills, "EXPERIMENTS", folder)
    return folder
