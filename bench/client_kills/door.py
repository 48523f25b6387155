"""The way to a server, which can be closed, and which can lose the answer to a chosen request."""

from __future__ import annotations

import contextlib
import socket
import threading
from collections.abc import Iterator
from urllib.parse import urlsplit


class Door:
    """Passes bytes on from a port of its own.

    Args:
        target_port: Where they go.
        target_host: As well.

    Attributes:
        lost: Requests that were carried out and whose answer was lost.
        held_back: Requests that were not passed on.
    """

    def __init__(self, target_port: int, target_host: str = "127.0.0.1") -> None:
        self._target = (target_host, target_port)
        self._listener: socket.socket | None = None
        self._connections: set[socket.socket] = set()
        self._lock = threading.Lock()
        self._to_lose: list[bytes] = []
        self._to_hold_back: list[bytes] = []
        self.lost = 0
        self.held_back = 0
        # Bound as long as this lives: while the door is closed, nobody else may be given its port.
        self._reserved = socket.socket()
        self._reserved.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        self._reserved.bind(("127.0.0.1", 0))
        self.port = int(self._reserved.getsockname()[1])
        # MLflow refuses requests that name a host which is not its own.
        self._host_here = f"\r\nHost: 127.0.0.1:{self.port}\r\n".encode()
        self._host_there = f"\r\nHost: {target_host}:{target_port}\r\n".encode()
        self.open()

    @classmethod
    def to(cls, url: str) -> Door:
        """Return one that leads to the server at a URL."""
        parts = urlsplit(url)
        return cls(parts.port or 80, parts.hostname or "127.0.0.1")

    @property
    def uri(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def open(self) -> None:
        """Take connections, on the same port as ever."""
        if self._listener is None:
            self._listener = socket.create_server(("127.0.0.1", self.port), reuse_port=True)
            threading.Thread(target=self._accept, args=(self._listener,), daemon=True).start()

    def close(self) -> None:
        """Refuse connections, and end those there are."""
        if self._listener is not None:
            listener, self._listener = self._listener, None
            with contextlib.suppress(OSError):
                listener.shutdown(socket.SHUT_RDWR)
            listener.close()
        with self._lock:
            for connection in list(self._connections):
                _end(connection)

    def end(self) -> None:
        """Close, and give the port up."""
        self.close()
        self._reserved.close()

    @contextlib.contextmanager
    def closed(self) -> Iterator[None]:
        self.close()
        try:
            yield
        finally:
            self.open()

    def lose(self, request: str, times: int = 1) -> None:
        """Lose the answers to the next requests that contain this text, once they are there."""
        self._to_lose += [request.encode()] * times

    def hold_back(self, request: str, times: int = 1) -> None:
        """End the connection of the next requests that contain this text, not passing them on."""
        self._to_hold_back += [request.encode()] * times

    def forgive(self) -> None:
        """Lose and hold back nothing more."""
        self._to_lose.clear()
        self._to_hold_back.clear()

    def _accept(self, listener: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while True:
                client, _ = listener.accept()
                threading.Thread(target=self._serve, args=(client,), daemon=True).start()

    def _serve(self, client: socket.socket) -> None:
        try:
            server = socket.create_connection(self._target)
        except OSError:
            _end(client)
            return
        with self._lock:
            self._connections |= {client, server}
        losing = threading.Event()
        threading.Thread(target=self._down, args=(server, client, losing), daemon=True).start()
        with contextlib.suppress(OSError):
            while data := client.recv(1 << 16):
                if self._armed(self._to_hold_back, data):
                    self.held_back += 1
                    break
                if self._armed(self._to_lose, data):
                    losing.set()
                server.sendall(data.replace(self._host_here, self._host_there, 1))
        if not losing.is_set():
            _end(client, server)

    def _down(self, server: socket.socket, client: socket.socket, losing: threading.Event) -> None:
        with contextlib.suppress(OSError):
            while data := server.recv(1 << 16):
                if losing.is_set():
                    # That it answers shows that it has done it.
                    self.lost += 1
                    break
                client.sendall(data)
        _end(client, server)
        with self._lock:
            self._connections -= {client, server}

    @staticmethod
    def _armed(texts: list[bytes], data: bytes) -> bool:
        for text in texts:
            if text in data:
                texts.remove(text)
                return True
        return False


def _end(*connections: socket.socket) -> None:
    for one in connections:
        with contextlib.suppress(OSError):
            one.shutdown(socket.SHUT_RDWR)
        one.close()
