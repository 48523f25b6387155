"""The health API says over HTTP how MLflow does, mounted in an application or alone.

It is asked through real servers: FastAPI and Starlette under uvicorn. As users install and run it,
it is in tests/cluster/client/test_health.py.
"""

import socket
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest
import uvicorn
from fastapi import FastAPI
from mlflow_ha import health
from mlflow_ha.deadline import Deadline
from mlflow_ha.errors import MlflowHaError, TrackingUnavailable
from mlflow_ha.extra import MissingPackage
from mlflow_ha.health.serving import _listener
from mlflow_ha.health.watch import watching
from mlflow_ha.message import Message
from mlflow_ha.sender import Sender
from mlflow_ha.server import Server, server_at
from mlflow_ha.settings import current
from mlflow_ha.spool.folder import Folder, opened
from starlette.applications import Starlette
from starlette.routing import Mount

from tests.unit.client.little_server import LittleServer

TOKEN = "right"


@contextmanager
def running(app: Callable[..., object]) -> Iterator[str]:
    """Serve an application; yield its address."""
    config = uvicorn.Config(app, log_level="warning", lifespan="off")
    server = uvicorn.Server(config)
    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        server.should_exit = True
        thread.join(30)


def wait_until(true: Callable[[], bool], what: str) -> None:
    until = time.monotonic() + 30
    while not true():
        assert time.monotonic() < until, what
        time.sleep(0.02)


@pytest.fixture
def tracked(little: LittleServer, monkeypatch: pytest.MonkeyPatch) -> LittleServer:
    """A tracking server, set for this process as users set theirs."""
    little.runs["x"] = {"info": {"run_id": "x"}}
    for name, value in {
        "MLFLOW_TRACKING_URI": little.uri.replace("//", "//me:pa55@"),
        "MLFLOW_CB_FAILURE_THRESHOLD": "2",
        "MLFLOW_HA_PROBE_INTERVAL": "60",
        "MLFLOW_BASE_DELAY": "0.01",
    }.items():
        monkeypatch.setenv(name, value)
    current.cache_clear()
    return little


@pytest.fixture
def asked(tracked: LittleServer) -> Iterator[httpx.Client]:
    """Asks the health API, mounted in a FastAPI application."""
    del tracked
    app = FastAPI()
    app.mount("/mlflow-ha", health.router())
    with running(app) as address, httpx.Client(base_url=f"{address}/mlflow-ha") as client:
        yield client


def breaker_opens(tracked: LittleServer) -> None:
    tracked.down = True
    sender = Sender(current().effective_tracking_uri, current())
    while sender.server.breaker.state != "OPEN":
        with pytest.raises(TrackingUnavailable):
            sender.send(
                Message("GetRun", "GET", "/api/2.0/mlflow/runs/get", {"run_id": "x"}),
                Deadline.after(0.1),
            )


def test_all_is_well(asked: httpx.Client, tracked: LittleServer) -> None:
    answers = {path: asked.get(path) for path in ("/live", "/ready", "/health", "/health/mlflow")}
    assert {path: answer.status_code for path, answer in answers.items()} == dict.fromkeys(
        answers, 200
    )
    assert answers["/health"].json()["status"] == "healthy"
    assert answers["/health/mlflow"].json() == {
        "state": "CLOSED",
        "server": tracked.uri,
        "retry_after": 0.0,
        "failures": 0,
        "queued": 0,
        "oldest_seconds": 0.0,
        "refused": 0,
    }


def test_an_open_breaker_is_503_and_says_when_to_ask_again(
    asked: httpx.Client, tracked: LittleServer
) -> None:
    breaker_opens(tracked)
    for path in ("/ready", "/health", "/health/mlflow"):
        answer = asked.get(path)
        assert answer.status_code == 503, path
        assert 1 <= int(answer.headers["Retry-After"]) <= 60
    body = asked.get("/health/mlflow").json()
    assert (body["state"], body["failures"]) == ("OPEN", 2)
    assert 0 < body["retry_after"] <= 60
    assert asked.get("/health").json()["status"] == "unavailable"
    assert asked.get("/live").status_code == 200


def test_half_open_is_no_longer_503(asked: httpx.Client, tracked: LittleServer) -> None:
    breaker_opens(tracked)
    server_at(tracked.uri, current()).breaker.half_open()
    answer = asked.get("/health/mlflow")
    assert (answer.status_code, answer.json()["state"]) == (200, "HALF_OPEN")


def test_with_the_spool_an_outage_is_survived_and_told(
    asked: httpx.Client, tracked: LittleServer, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("MLFLOW_HA_SPOOL", "1")
    current.cache_clear()
    with opened(Folder(tmp_path / "spool", tracked.uri)) as contents:
        contents.log.append(Message("LogMetric", "POST", "/x"), {}, process=1)
    breaker_opens(tracked)
    assert asked.get("/ready").status_code == 200
    answer = asked.get("/health")
    assert (answer.status_code, answer.json()["status"]) == (200, "degraded")
    mlflow = asked.get("/health/mlflow")
    assert (mlflow.status_code, mlflow.json()["queued"]) == (503, 1)


def test_what_the_server_refused_degrades_it(
    asked: httpx.Client, tracked: LittleServer, tmp_path: Path
) -> None:
    with opened(Folder(tmp_path / "spool", tracked.uri)) as contents:
        contents.log.append(Message("LogMetric", "POST", "/x"), {}, process=1)
        contents.log.refuse(contents.log.all()[0].number, "no")
    answer = asked.get("/health")
    assert (answer.status_code, answer.json()["status"]) == (200, "degraded")
    assert answer.json()["mlflow"]["refused"] == 1


def test_details_are_told_on_request_without_a_secret(
    asked: httpx.Client, tracked: LittleServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MLFLOW_HA_HEALTH_TOKEN", TOKEN)
    monkeypatch.setenv("MLFLOW_HA_ALERT_WEBHOOK", "http://127.0.0.1:1/s3cret")
    current.cache_clear()
    breaker_opens(tracked)
    plain, detailed = (asked.get("/health", params={"detailed": d}) for d in ("false", "true"))
    assert set(plain.json()) == {"status", "mlflow"}
    told = detailed.json()
    assert set(told) - set(plain.json()) == {"servers", "versions", "settings", "process"}
    (server,) = told["servers"]
    assert (server["server"], server["state"]) == (tracked.uri, "OPEN")
    assert told["settings"]["circuit_breaker_failure_threshold"] == 2
    for secret in ("pa55", TOKEN, "s3cret"):
        assert secret not in detailed.text
    wrong = asked.get("/health", params={"detailed": "perhaps"})
    assert (wrong.status_code, "detailed=perhaps" in wrong.json()["error"]) == (400, True)


@pytest.mark.parametrize(
    ("token", "shown", "status", "says"),
    [
        (None, "Bearer right", 403, "set MLFLOW_HA_HEALTH_TOKEN"),
        (None, None, 403, "set MLFLOW_HA_HEALTH_TOKEN"),
        (TOKEN, None, 401, "Authorization: Bearer"),
        (TOKEN, "Bearer wrong", 401, "Authorization: Bearer"),
        (TOKEN, "Bearer right and more", 401, "Authorization: Bearer"),
        (TOKEN, "Bearer", 401, "Authorization: Bearer"),
        (TOKEN, "Basic right", 401, "Authorization: Bearer"),
        (TOKEN, "right", 401, "Authorization: Bearer"),
        (TOKEN, "Bearer right", 200, None),
        (TOKEN, "bearer right", 200, None),
    ],
)
def test_only_who_has_the_token_resets_the_breaker(  # noqa: PLR0917  (pytest names them)
    asked: httpx.Client,
    tracked: LittleServer,
    monkeypatch: pytest.MonkeyPatch,
    token: str | None,
    shown: str | None,
    status: int,
    says: str | None,
) -> None:
    if token:
        monkeypatch.setenv("MLFLOW_HA_HEALTH_TOKEN", token)
        current.cache_clear()
    breaker_opens(tracked)
    headers = {"Authorization": shown} if shown else {}
    answer = asked.post("/health/mlflow/reset", headers=headers)
    assert answer.status_code == status
    assert (answer.headers.get("WWW-Authenticate") == "Bearer") is (status == 401)
    assert says is None or says in answer.json()["error"]
    state = asked.get("/health/mlflow").json()["state"]
    assert state == ("CLOSED" if status == 200 else "OPEN")


def test_looking_resets_nothing(asked: httpx.Client) -> None:
    assert asked.get("/health/mlflow/reset").status_code == 405


def test_metrics_are_in_prometheus_form(asked: httpx.Client, tracked: LittleServer) -> None:
    breaker_opens(tracked)
    answer = asked.get("/metrics")
    assert answer.headers["Content-Type"].startswith("text/plain; version=")
    assert f'mlflow_ha_breaker_state{{server="{tracked.uri}",state="OPEN"}} 1.0' in answer.text
    openmetrics = asked.get("/metrics", headers={"Accept": "application/openmetrics-text"})
    assert openmetrics.headers["Content-Type"].startswith("application/openmetrics-text")
    assert openmetrics.text.endswith("# EOF\n")


def test_without_a_server_it_says_what_to_set(
    asked: httpx.Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "sqlite:///mlflow.db")
    current.cache_clear()
    answer = asked.get("/health/mlflow")
    assert answer.status_code == 503
    assert "Set MLFLOW_TRACKING_URI" in answer.json()["error"]
    assert asked.get("/live").status_code == 200


def test_a_spool_that_cannot_be_read_is_said_to_be_so(
    asked: httpx.Client, tracked: LittleServer, tmp_path: Path
) -> None:
    broken = tmp_path / "spool" / "0123"
    broken.mkdir(parents=True)
    (broken / "server").write_text(tracked.uri)
    (broken / "spool.db").write_bytes(b"nothing of ours" * 100)
    answer = asked.get("/health")
    assert answer.status_code == 503
    assert "mlflow-ha doctor" in answer.json()["error"]


def test_starlette_mounts_it_at_its_root_too(tracked: LittleServer) -> None:
    del tracked
    with running(Starlette(routes=[Mount("/", health.router())])) as address:
        assert httpx.get(f"{address}/health/mlflow").json()["state"] == "CLOSED"
        assert httpx.get(f"{address}/nothing").status_code == 404


@pytest.mark.parametrize("package", ["starlette", "prometheus_client"])
def test_without_the_extra_it_says_how_to_install_it(
    monkeypatch: pytest.MonkeyPatch, package: str
) -> None:
    for name in [
        n for n in sys.modules if n.startswith(("mlflow_ha.health.", "mlflow_ha.metrics"))
    ]:
        monkeypatch.delitem(sys.modules, name)
    for name in [n for n in sys.modules if n.partition(".")[0] == package]:
        monkeypatch.setitem(sys.modules, name, None)
    with pytest.raises(MissingPackage, match=r"pip install 'mlflow-ha\[health\]'"):
        health.router()


def test_alone_it_sees_a_server_go_and_come_back(tracked: LittleServer) -> None:
    server = Server(tracked.uri, current())
    with watching(server, 0.02):
        tracked.down = True
        wait_until(lambda: server.breaker.state == "OPEN", "it was not seen to go")
        tracked.down = False
        server.breaker.half_open()  # as the breaker's own probe does, once a minute here
        wait_until(lambda: server.breaker.state == "CLOSED", "it was not seen to come back")
    before = len(tracked.seen)
    assert "mlflow-ha-watch" not in {thread.name for thread in threading.enumerate()}
    assert len(tracked.seen) == before


def test_a_port_that_is_taken_is_named_with_what_to_do() -> None:
    with (
        socket.create_server(("127.0.0.1", 0)) as taken,
        pytest.raises(MlflowHaError, match="Name another with --host and --port"),
    ):
        _listener("127.0.0.1", taken.getsockname()[1])
