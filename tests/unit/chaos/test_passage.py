"""Proves that the passage loses replies to requests that were carried out, and nothing else."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import httpx
import pytest

from chaos.crews.passage import Passage, RepliesLost, open_passage, replies_lost
from chaos.target import FrontDoor, NotPossible

ANSWER = "done " * 20_000
"""Longer than what arrives at once."""


class Service(ThreadingHTTPServer):
    """Counts what it did."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.done: list[tuple[str, str]] = []
        self.hosts: set[str] = set()


class Handler(BaseHTTPRequestHandler):
    server: Service
    protocol_version = "HTTP/1.1"
    wbufsize = -1

    def do_GET(self) -> None:
        self._answer("GET", "")

    def do_POST(self) -> None:
        self._answer("POST", self.rfile.read(int(self.headers["Content-Length"])).decode())

    def _answer(self, method: str, body: str) -> None:
        self.server.done.append((method, body))
        self.server.hosts.add(self.headers["Host"])
        self.send_response(200)
        self.send_header("Content-Length", str(len(ANSWER)))
        self.end_headers()
        self.wfile.write(ANSWER.encode())

    def log_message(self, *args: Any) -> None:
        """Say nothing."""


@pytest.fixture
def service() -> Iterator[Service]:
    server = Service()
    thread = threading.Thread(target=lambda: server.serve_forever(poll_interval=0.02), daemon=True)
    thread.start()
    yield server
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.fixture
def door(service: Service) -> FrontDoor:
    return FrontDoor(f"http://127.0.0.1:{service.server_port}", "admin", "secret")


def lost_of(door: FrontDoor, share: float, requests: int = 40) -> list[int]:
    """The numbers of the writes whose replies were lost."""
    lost = []
    with open_passage(door) as passage:
        assert passage is not None
        passage.lose(share)
        with httpx.Client(base_url=passage.door.url, trust_env=False) as client:
            for number in range(requests):
                try:
                    assert client.post("/", content=str(number)).text == ANSWER
                except httpx.TransportError:
                    lost.append(number)
        assert passage.lost == len(lost)
    return lost


def test_a_reply_is_lost_after_its_request_was_carried_out(
    service: Service, door: FrontDoor
) -> None:
    lost = lost_of(door, 0.3)
    assert 0 < len(lost) < 40
    assert service.done == [("POST", str(number)) for number in range(40)]


def test_the_same_seed_loses_the_same_replies(door: FrontDoor) -> None:
    assert lost_of(door, 0.3) == lost_of(door, 0.3)


def test_nothing_is_lost_before_the_fault_and_after_healing(door: FrontDoor) -> None:
    assert lost_of(door, 0) == []
    with open_passage(door) as passage:
        fault = replies_lost(passage)
        assert passage is not None
        assert fault.landed() == "no reply was lost yet"
        fault.inject()
        with httpx.Client(base_url=passage.door.url, trust_env=False) as client:
            for _ in range(40):
                try:
                    client.post("/", content="x")
                except httpx.TransportError:
                    break
            assert fault.landed() is None
            fault.heal()
            lost = passage.lost
            for _ in range(20):
                client.post("/", content="x")
            assert passage.lost == lost


def test_replies_to_reads_are_not_lost(door: FrontDoor) -> None:
    passage = Passage(door)
    RepliesLost(passage, 1.0).inject()
    with httpx.Client(base_url=passage.door.url, trust_env=False) as client:
        assert client.get("/").text == ANSWER
        with pytest.raises(httpx.TransportError):
            client.post("/", content="x")
    passage.close()


def test_the_service_is_called_by_its_own_name(service: Service, door: FrontDoor) -> None:
    lost_of(door, 0, requests=1)
    assert service.hosts == {f"127.0.0.1:{service.server_port}"}


def test_a_service_behind_tls_cannot_be_led_through_it() -> None:
    with (
        open_passage(FrontDoor("https://mlflow.example", "a", "b")) as passage,
        pytest.raises(NotPossible, match="plain http"),
    ):
        replies_lost(passage)
