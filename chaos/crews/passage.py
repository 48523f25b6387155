"""A way to the service that loses replies: the request was carried out, and its sender never knows.

No fault of a host does this reliably, so that it has to be done on the way, in userspace.
"""

from __future__ import annotations

import contextlib
import random
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from urllib.parse import urlsplit

from chaos.target import FrontDoor, NotPossible

REPLIES = "replies"
"""The role in a drill's fault that names no host, but what crews are answered."""
SHARE = 0.2
"""Of the replies to writes; a client that retries once meets two in a row in each 25th call."""
SEED = 5
_CHUNK = 1 << 16
_CONNECT_WITHIN = 10.0


class Passage:
    """Passes bytes on from a port of its own, and ends connections instead of passing a reply on.

    Attributes:
        door: Whoever enters here comes out at the service's front door.
        lost: Replies that were not passed on, each the proof that its request was carried out.
    """

    def __init__(self, behind: FrontDoor, *, seed: int = SEED) -> None:
        """Listen on a free loopback port.

        Args:
            behind: The service's own front door.
            seed: Of the choice which replies are lost, in the order in which they come.
        """
        parts = urlsplit(behind.url)
        self._target = (str(parts.hostname), parts.port or 80)
        self._chance = random.Random(seed)  # noqa: S311  (a choice that can be repeated)
        self._share = 0.0
        self._lock = threading.Lock()
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=128)
        self.lost = 0
        here = f"127.0.0.1:{self._listener.getsockname()[1]}"
        self.door = replace(behind, url=f"http://{here}")
        # MLflow refuses requests that name a host which is not its own.
        self._host_here = f"\r\nHost: {here}\r\n".encode()
        self._host_there = f"\r\nHost: {parts.netloc}\r\n".encode()
        threading.Thread(target=self._accept, name="passage", daemon=True).start()

    def lose(self, share: float) -> None:
        """Lose that share of the replies to writes from now on."""
        self._share = share

    def close(self) -> None:
        self._listener.close()

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                client, _ = self._listener.accept()
                threading.Thread(target=self._lead, args=(client,), daemon=True).start()

    def _lead(self, client: socket.socket) -> None:
        try:
            server = socket.create_connection(self._target, _CONNECT_WITHIN)
        except OSError:
            client.close()
            return
        server.settimeout(None)
        writing = threading.Event()
        threading.Thread(target=self._back, args=(server, client, writing), daemon=True).start()
        with contextlib.suppress(OSError):
            while data := client.recv(_CHUNK):
                if data.startswith((b"POST", b"GET", b"PATCH", b"PUT", b"DELETE")):
                    (writing.clear if data.startswith(b"GET") else writing.set)()
                server.sendall(data.replace(self._host_here, self._host_there, 1))
        _end(client, server)

    def _back(self, server: socket.socket, client: socket.socket, writing: threading.Event) -> None:
        with contextlib.suppress(OSError):
            while data := server.recv(_CHUNK):
                if writing.is_set():
                    writing.clear()  # one draw for each reply, not for each of its pieces
                    if self._loses_this_one():
                        break
                client.sendall(data)
        _end(server, client)

    def _loses_this_one(self) -> bool:
        with self._lock:
            if self._share <= 0 or self._chance.random() >= self._share:
                return False
            self.lost += 1
            return True


class RepliesLost:
    """The fault: replies to writes get lost on the way to the crews."""

    needs_healing = True

    def __init__(self, passage: Passage, share: float = SHARE) -> None:
        self.description = f"lose {share:.0%} of the replies to the crews' writes"
        self._passage = passage
        self._share = share

    def inject(self) -> None:
        self._passage.lose(self._share)

    def landed(self) -> str | None:
        return None if self._passage.lost else "no reply was lost yet"

    def heal(self) -> None:
        self._passage.lose(0)


def replies_lost(passage: Passage | None) -> RepliesLost:
    """The fault, if there is a passage that can bring it about.

    Raises:
        NotPossible: There is none.
    """
    if passage is None:
        raise NotPossible(
            "replies can be lost only on the way to a plain http address: TLS hides where one ends"
        )
    return RepliesLost(passage)


@contextmanager
def open_passage(behind: FrontDoor) -> Iterator[Passage | None]:
    """A passage for the time of a drill; None where none can lead to the front door."""
    if not behind.url.startswith("http://"):
        yield None
        return
    passage = Passage(behind)
    try:
        yield passage
    finally:
        passage.close()


def _end(*connections: socket.socket) -> None:
    for one in connections:
        with contextlib.suppress(OSError):
            one.shutdown(socket.SHUT_RDWR)
        one.close()
