"""A crowd that connects all at once and does not leave."""

from __future__ import annotations

import selectors
import socket
import threading
import time

from chaos.target import FaultMissed

REQUEST = b"GET /health HTTP/1.1\r\nHost: %s\r\n\r\n"
ASK_EVERY = 2.0
ENOUGH = 0.9


class ConnectionStorm:
    """Clients that connect at once, ask now and then, and stay; bounded in number and time."""

    needs_healing = True

    def __init__(self, address: str, port: int, *, clients: int, seconds: float) -> None:
        """Open nothing yet.

        Args:
            address: Of the front door.
            port: Where it listens.
            clients: How many connections.
            seconds: After this they leave by themselves, healed or not.
        """
        self.description = f"{clients} clients connect to {address}:{port} at once and stay"
        self._where = (address, port)
        self._clients = clients
        self._seconds = seconds
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._rage, name="storm", daemon=True)
        self._open = 0

    def inject(self) -> None:
        self._thread.start()

    def landed(self) -> str | None:
        if self._open >= ENOUGH * self._clients:
            return None
        return f"only {self._open} of {self._clients} are connected"

    def heal(self) -> None:
        self._over.set()
        if self._thread.ident is not None:
            self._thread.join(timeout=10)
            if self._thread.is_alive():
                raise FaultMissed("the crowd did not leave. Look at the front door's connections")

    def _rage(self) -> None:
        crowd: list[socket.socket] = []
        until = time.monotonic() + self._seconds
        try:
            with selectors.DefaultSelector() as answers:
                for _ in range(self._clients):
                    client = socket.create_connection(self._where, timeout=5)
                    client.setblocking(False)
                    answers.register(client, selectors.EVENT_READ)
                    crowd.append(client)
                    self._open = len(crowd)
                while time.monotonic() < until and not self._over.is_set():
                    self._ask(crowd, answers)
        except OSError:
            return  # the door closed on them; `landed` tells how many got in
        finally:
            for client in crowd:
                client.close()

    def _ask(self, crowd: list[socket.socket], answers: selectors.BaseSelector) -> None:
        request = REQUEST % self._where[0].encode()
        for client in crowd:
            client.send(request)
        until = time.monotonic() + ASK_EVERY
        while (left := until - time.monotonic()) > 0 and not self._over.is_set():
            for key, _ in answers.select(timeout=min(left, 0.2)):
                if isinstance(key.fileobj, socket.socket):
                    key.fileobj.recv(65536)
