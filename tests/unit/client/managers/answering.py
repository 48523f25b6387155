"""A service that answers as it is told, once for each request, and keeps what it was sent."""

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self


class Answering:
    """Runs on a free port while it is entered.

    Args:
        answers: For each request in turn a status with a body, or None to hang up.

    Attributes:
        asked: For each request its path, headers and body.
    """

    def __init__(self, *answers: tuple[int, Any] | None) -> None:
        self._answers = list(answers)
        self.asked: list[tuple[str, dict[str, str], Any]] = []

    def __enter__(self) -> Self:
        owner = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                length = int(self.headers["Content-Length"])
                sent = json.loads(self.rfile.read(length))
                owner.asked.append((self.path, dict(self.headers), sent))
                answer = owner._answers.pop(0)
                if answer is None:
                    return
                status, body = answer
                text = body.encode() if isinstance(body, str) else json.dumps(body).encode()
                self.send_response(status)
                self.send_header("Content-Length", str(len(text)))
                self.end_headers()
                self.wfile.write(text)

            def log_message(self, *_: Any) -> None:
                pass

        self._http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._http.daemon_threads = True
        threading.Thread(target=self._http.serve_forever, args=(0.01,), daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._http.shutdown()
        self._http.server_close()

    @property
    def uri(self) -> str:
        return f"http://user:secret@127.0.0.1:{self._http.server_port}"
