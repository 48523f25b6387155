"""Proves that everything a crew made is found again, by its keys and never by its client's ids."""

from __future__ import annotations

import json
import threading
from collections import Counter
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from chaos.crews.diary import Diary
from chaos.crews.reading import kept_of
from chaos.crews.script import KEY_TAG
from chaos.target import FrontDoor

RUNS = [
    {"data": {"tags": [{"key": KEY_TAG, "value": "0-0-run"}], "metrics": [{"key": "0-0-metric"}]}},
    {"data": {"tags": [{"key": KEY_TAG, "value": "0-1-run"}]}},
    {"data": {"tags": [{"key": KEY_TAG, "value": "0-1-run"}, {"key": "other", "value": "x"}]}},
    {"data": {}},
]
VERSIONS = {"m-0": [{"tags": [{"key": KEY_TAG, "value": "0-0-version"}]}, {}], "m-1": []}


class Handler(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        asked = parse_qs(urlsplit(self.path).query)
        if "experiment_name" in asked:
            known = asked["experiment_name"] == ["drill-stock"]
            answer = {"experiment": {"experiment_id": "152"}} if known else {}
            self._answer(200 if known else 404, answer)
        else:
            model = asked["filter"][0].removeprefix("name='").removesuffix("'")
            self._answer(200, {"model_versions": VERSIONS[model]})

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        start = int(body.get("page_token", 0))
        more = {"next_page_token": str(start + 1)} if start + 1 < len(RUNS) else {}
        found = RUNS[start : start + 1] if body["experiment_ids"] == ["152"] else []
        self._answer(200, {"runs": found, **more})

    def _answer(self, status: int, body: dict[str, Any]) -> None:
        text = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)

    def log_message(self, *args: Any) -> None:
        """Say nothing."""


@pytest.fixture
def door() -> Iterator[FrontDoor]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=lambda: server.serve_forever(poll_interval=0.02), daemon=True)
    thread.start()
    yield FrontDoor(f"http://127.0.0.1:{server.server_port}", "admin", "secret")
    server.shutdown()
    server.server_close()
    thread.join()


def test_runs_metrics_and_versions_are_counted_by_their_keys(door: FrontDoor) -> None:
    found = kept_of(Diary("drill-stock", ("m-0", "m-1")), door)
    assert found == Counter({"0-0-run": 1, "0-0-metric": 1, "0-1-run": 2, "0-0-version": 1})


def test_an_experiment_that_never_arrived_holds_nothing(door: FrontDoor) -> None:
    assert kept_of(Diary("drill-shim", ("m-0",)), door) == Counter({"0-0-version": 1})


def test_a_crew_that_was_never_ready_made_nothing(door: FrontDoor) -> None:
    assert kept_of(Diary(), door) == Counter()
