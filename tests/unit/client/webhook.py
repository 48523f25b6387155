"""A small server that takes what a webhook is told, and can be slow, broken or silent."""

from __future__ import annotations

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self


class Webhook:
    """Runs on a free port of the loopback interface while it is entered.

    Attributes:
        told: The bodies that came, in order.
        status: What it answers.
        gate: It answers while this is set, which it is at first.
    """

    def __init__(self) -> None:
        self.told: list[dict[str, Any]] = []
        self.status = 200
        self.gate = threading.Event()
        self.gate.set()
        self._news = threading.Condition()

    def __enter__(self) -> Self:
        owner = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                length = int(self.headers["Content-Length"])
                owner._take(json.loads(self.rfile.read(length)))
                owner.gate.wait(60)
                self.send_response(owner.status)
                self.end_headers()

            def log_message(self, *_: Any) -> None:
                pass

        self._http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._http.daemon_threads = True
        threading.Thread(target=self._http.serve_forever, args=(0.01,), daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self.gate.set()
        self._http.shutdown()
        self._http.server_close()

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self._http.server_port}/s3cret-path"

    @property
    def states(self) -> list[str]:
        return [one["state"] for one in self.told]

    def wait_for(self, count: int, seconds: float = 30) -> list[str]:
        """Return the states told so far, once there are so many."""
        with self._news:
            came = self._news.wait_for(lambda: len(self.told) >= count, seconds)
        assert came, f"{self.states} after {seconds} s, not {count}"
        return self.states

    def _take(self, body: dict[str, Any]) -> None:
        with self._news:
            self.told.append(body)
            self._news.notify_all()
