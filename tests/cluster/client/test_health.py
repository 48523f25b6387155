"""The health API as users run it: the installed wheel, a real server that goes and comes back.

What each answer looks like is in tests/unit/client/test_health.py; the page of the documentation is
run by test_health_page.py.
"""

import json
import re
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import psutil
import pytest

from tests.cluster.client.conftest import Reached
from tests.cluster.client.environment import Ready, variables
from tests.unit.client.webhook import Webhook

_AT = re.compile(r"health API at (http://\S+)")
WAIT_SECONDS = 60.0


@contextmanager
def health(ready: Ready, folder: Path, *options: str, **environment: object) -> Iterator["Health"]:
    """Run `mlflow-ha health` until it is told to end."""
    said = folder / "health.err"
    with said.open("wb") as errors:
        process = subprocess.Popen(
            [str(ready.python.with_name("mlflow-ha")), "health", "--port", "0", *options],
            env=variables(**environment), stderr=errors, stdin=subprocess.DEVNULL,
        )  # fmt: skip
    try:
        yield Health(process, said)
    finally:
        process.kill()
        process.wait(10)


class Health:
    """A health API that runs, or is about to."""

    def __init__(self, process: "subprocess.Popen[bytes]", said: Path) -> None:
        self.process = process
        self._said = said
        wait_until(
            lambda: bool(_AT.search(said.read_text())) or process.poll() is not None, "begin"
        )
        found = _AT.search(said.read_text())
        assert found, said.read_text()
        self.at = found[1]

    @property
    def said(self) -> str:
        return self._said.read_text()

    def get(self, path: str) -> httpx.Response:
        return httpx.get(f"{self.at}{path}", timeout=30)

    def wait_for(self, status: int) -> httpx.Response:
        """Return what /health/mlflow says once it has a status."""
        wait_until(lambda: self.get("/health/mlflow").status_code == status, f"become {status}")
        return self.get("/health/mlflow")


def wait_until(true: Callable[[], bool], what: str) -> None:
    until = time.monotonic() + WAIT_SECONDS
    while not true():
        assert time.monotonic() < until, f"it did not {what} within {WAIT_SECONDS:g} s"
        time.sleep(0.2)


def test_alone_it_follows_a_server_that_goes_and_comes_back(
    ready: Ready, server: Reached, spool: dict[str, str], tmp_path: Path
) -> None:
    with (
        Webhook() as webhook,
        health(
            ready, tmp_path, **server.variables, **spool, MLFLOW_HA_ALERT_WEBHOOK=webhook.address
        ) as running,
    ):
        assert running.get("/health/mlflow").json()["server"] == server.door.uri
        assert running.wait_for(200).json()["state"] == "CLOSED"
        with server.door.closed():
            away = running.wait_for(503)
            assert away.json()["state"] == "OPEN"
            assert 1 <= int(away.headers["Retry-After"]) <= 60
            # Another process's calls are kept, and seen here.
            ready.run("begin", "watched", **server.variables, **spool)
            queued = running.get("/health/mlflow").json()
            assert queued["queued"] > 0
            wait_until(
                lambda: running.get("/health/mlflow").json()["oldest_seconds"] > 0, "grow old"
            )
            assert running.get("/ready").status_code == 200
            assert 'mlflow_ha_available{server="' + server.door.uri + '"} 0.0' in (
                running.get("/metrics").text
            )
        assert running.wait_for(200).json()["server"] == server.door.uri
        wait_until(lambda: running.get("/health/mlflow").json()["state"] == "CLOSED", "close")
        assert webhook.wait_for(2) == ["OPEN", "CLOSED"]
        assert {told["server"] for told in webhook.told} == {server.door.uri}
    # Looking at what waits has not sent it; who asks for that does.
    assert ready.command("flush", **server.variables, **spool).returncode == 0


def test_it_listens_here_only_and_ends_as_it_is_asked(
    ready: Ready, stock: Reached, tmp_path: Path
) -> None:
    with health(ready, tmp_path, **stock.variables) as running:
        (listening,) = (
            c for c in psutil.Process(running.process.pid).net_connections("tcp")
            if c.status == psutil.CONN_LISTEN
        )  # fmt: skip
        assert listening.laddr.ip == "127.0.0.1"
        running.process.send_signal(signal.SIGINT)
        assert running.process.wait(30) == 0
        assert "Traceback" not in running.said


def test_a_port_that_is_taken_is_said_in_a_line(ready: Ready, stock: Reached) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        done = ready.command("health", "--port", port, **stock.variables)
    assert done.returncode == 1
    assert f"127.0.0.1:{port} cannot be listened at" in done.stderr
    assert "Traceback" not in done.stderr


def test_mounted_it_tells_of_the_calls_of_its_own_process(ready: Ready, ours: Reached) -> None:
    ours.door.lose("/runs/create")
    told = json.loads(ready.run("serving", **ours.variables).splitlines()[-1])
    assert told["mlflow"]["state"] == "CLOSED"
    server = ours.door.uri
    for line in (
        f'mlflow_ha_calls_total{{api="CreateRun",outcome="answered",server="{server}"}} 1.0',
        f'mlflow_ha_retries_total{{api="CreateRun",server="{server}"}} 1.0',
        f'mlflow_ha_duplicates_suppressed_total{{api="CreateRun",server="{server}"}} 1.0',
        f'mlflow_ha_calls_total{{api="Artifact",outcome="answered",server="{server}"}} 1.0',
        f'mlflow_ha_available{{server="{server}"}} 1.0',
    ):
        assert line in told["metrics"]


def test_the_doctor_notes_what_a_stock_server_cannot_do(
    ready: Ready, server: Reached, spool: dict[str, str], request: pytest.FixtureRequest
) -> None:
    done = ready.command("doctor", "--json", **server.variables, **spool)
    found = {one["name"]: one for one in json.loads(done.stdout)}
    assert done.returncode == 0, found
    is_stock = request.node.callspec.id == "stock"
    ability = found["the server tells repeated requests apart"]["verdict"]
    assert ability == ("note" if is_stock else "ok")
    tested = [name for name in found if name.endswith("is tested")]
    assert len(tested) == 2
    with server.door.closed():
        done = ready.command("doctor", **server.variables, **spool)
    assert done.returncode == 1
    assert f"FAIL {server.door.uri} takes writes" in done.stdout


def test_the_doctor_finds_a_wrong_password(
    ready: Ready, ours: Reached, spool: dict[str, str]
) -> None:
    wrong = {**ours.variables, "MLFLOW_TRACKING_PASSWORD": "wrong"}
    done = ready.command("doctor", **wrong, **spool)
    assert done.returncode == 1
    assert "FAIL the server accepts the credentials" in done.stdout


def test_status_as_json_follows_the_server(
    ready: Ready, stock: Reached, spool: dict[str, str]
) -> None:
    told = json.loads(ready.command("status", "--json", **stock.variables, **spool).stdout)
    assert (told["server"], told["writable"], told["waiting"]) == (stock.door.uri, True, 0)
    with stock.door.closed():
        done = ready.command("status", "--json", **stock.variables, **spool)
    assert (done.returncode, json.loads(done.stdout)["writable"]) == (1, False)
