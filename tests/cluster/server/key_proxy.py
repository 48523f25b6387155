"""A TCP proxy before PostgreSQL that stops a keyed request at a moment chosen for its key."""

import contextlib
import hashlib
import socket
import struct
import threading
import time
from enum import Enum, auto

_COMMIT = b"Q" + struct.pack("!I", 4 + len(b"COMMIT\0")) + b"COMMIT\0"
_CARRY, _KEEP = b"INSERT INTO mlflow_ha.idempotency", b"UPDATE mlflow_ha.idempotency"


class Fate(Enum):
    """What becomes of a request with a certain key."""

    HELD_BEFORE_COMMIT = auto()
    HELD_AFTER_COMMIT = auto()
    """The database has committed; its reply is kept back."""
    COMMIT_REPLY_LOST = auto()
    """The same, but the connection is cut, so that the instance lives on without the reply."""
    HELD_BEFORE_KEEP = auto()
    """The client has its answer; the database was not told which."""


class KeyProxy:
    """Passes bytes on; every fate comes to one key."""

    def __init__(self, target_port: int) -> None:
        """Listen on a free loopback port."""
        self._target = target_port
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = int(self._listener.getsockname()[1])
        self._fates: dict[bytes, Fate] = {}
        self.come: list[Fate] = []
        threading.Thread(target=self._accept, daemon=True).start()

    def decide(self, key: str, fate: Fate) -> None:
        """Let a fate come to the next request with this key."""
        self._fates[hashlib.sha256(key.encode()).hexdigest().encode()] = fate

    def wait(self, fate: Fate, times: int, seconds: float = 30) -> None:
        """Return once a fate has come so many times."""
        deadline = time.monotonic() + seconds
        while self.come.count(fate) < times:
            assert time.monotonic() < deadline, f"{fate.name}: {self.come.count(fate)} of {times}"
            time.sleep(0.05)

    def close(self) -> None:
        """Stop listening."""
        self._listener.close()

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                client, _ = self._listener.accept()
                server = socket.create_connection(("127.0.0.1", self._target))
                way = _Way(self, client, server)
                threading.Thread(target=way.up, daemon=True).start()
                threading.Thread(target=way.down, daemon=True).start()

    def fate_of(self, data: bytes) -> Fate | None:
        """Return the fate that comes with this statement, if it names a key that has one."""
        for key, fate in list(self._fates.items()):
            statement = _KEEP if fate is Fate.HELD_BEFORE_KEEP else _CARRY
            if key in data and statement in data:
                del self._fates[key]
                return fate
        return None


class _Way:
    """One connection."""

    def __init__(self, proxy: KeyProxy, client: socket.socket, server: socket.socket) -> None:
        self._proxy = proxy
        self._both = (client, server)
        self._replies: Fate | None = None

    def up(self) -> None:
        """Pass on what the instance sends."""
        client, server = self._both
        fate: Fate | None = None
        with contextlib.suppress(OSError):
            while data := client.recv(65536):
                fate = fate or self._proxy.fate_of(data)
                is_commit = _COMMIT in data
                if fate is Fate.HELD_BEFORE_KEEP or (fate is Fate.HELD_BEFORE_COMMIT and is_commit):
                    self._proxy.come.append(fate)
                    continue
                if fate and is_commit:
                    self._replies, fate = fate, None
                server.sendall(data)
        self._close()

    def down(self) -> None:
        """Pass on what the database answers."""
        client, server = self._both
        with contextlib.suppress(OSError):
            while data := server.recv(65536):
                if self._replies is Fate.COMMIT_REPLY_LOST:
                    self._proxy.come.append(self._replies)
                    break
                if self._replies is Fate.HELD_AFTER_COMMIT:
                    self._proxy.come.append(self._replies)
                    continue
                client.sendall(data)
        self._close()

    def _close(self) -> None:
        for one in self._both:
            with contextlib.suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)
            one.close()
