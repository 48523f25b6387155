"""A TCP proxy before PostgreSQL that can lose the answer to a COMMIT, or everything."""

import contextlib
import socket
import struct
import threading

_COMMIT = b"Q" + struct.pack("!I", 4 + len(b"COMMIT\0")) + b"COMMIT\0"


class SeveringProxy:
    """Passes bytes on; one armed fault severs one connection."""

    def __init__(self, target_port: int) -> None:
        """Listen on a free loopback port."""
        self._target = target_port
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = int(self._listener.getsockname()[1])
        self.lose_commit_answers = 0
        self.lose_before: bytes | None = None
        self.severed = 0
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                client, _ = self._listener.accept()
                server = socket.create_connection(("127.0.0.1", self._target))
                threading.Thread(target=self._up, args=(client, server), daemon=True).start()
                threading.Thread(target=self._down, args=(server, client), daemon=True).start()

    def _up(self, client: socket.socket, server: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while data := client.recv(65536):
                if self.lose_before and self.lose_before in data:
                    self.lose_before = None
                    self._sever(client, server)
                    return
                if self.lose_commit_answers and _COMMIT in data:
                    self.lose_commit_answers -= 1
                    # The client's end first, so that the answer has nowhere to go.
                    client.shutdown(socket.SHUT_WR)
                    server.sendall(data)
                    # The server's reply is the proof that the commit was done.
                    self.severed += 1
                    return
                server.sendall(data)
        self._close(client, server)

    def _down(self, server: socket.socket, client: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while data := server.recv(65536):
                client.sendall(data)
        self._close(client, server)

    def _sever(self, *both: socket.socket) -> None:
        self.severed += 1
        self._close(*both)

    @staticmethod
    def _close(*both: socket.socket) -> None:
        for one in both:
            with contextlib.suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)
            one.close()

    def close(self) -> None:
        """Stop listening."""
        self._listener.close()
