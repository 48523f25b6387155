"""A real PostgreSQL in a folder, on a loopback port: started, frozen and stopped by tests."""

import contextlib
import os
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import psycopg2

ADMIN_PASSWORD = "admin-password-of-the-test"
START_SECONDS = 30.0


def binaries() -> Path | None:
    """Return the newest installed PostgreSQL's programs, None if there is none."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda p: int(p.parts[-3]))
    return found[-1].parent if found else None


def free_port() -> int:
    """Return a port nobody listens on now."""
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return int(s.getsockname()[1])


def _unprivileged() -> list[str]:
    # PostgreSQL refuses root; in a user namespace of its own root is somebody else.
    return ["unshare", "-U", "--map-user=1000", "--map-group=1000"] if os.geteuid() == 0 else []


class Postgres:
    """One server."""

    def __init__(self, folder: Path) -> None:
        """Create the data folder; the server is not started yet."""
        found = binaries()
        assert found is not None
        self._bin = found
        self.folder = folder
        self.data = folder / "data"
        self.port = free_port()
        self._process: subprocess.Popen[bytes] | None = None
        password_file = folder / "password"
        password_file.write_text(ADMIN_PASSWORD)
        subprocess.run(
            [
                *_unprivileged(), str(self._bin / "initdb"), "-D", str(self.data), "-U", "admin",
                "-A", "scram-sha-256", f"--pwfile={password_file}", "--no-sync",
            ],
            check=True, capture_output=True, timeout=60,
        )  # fmt: skip
        with (self.data / "postgresql.conf").open("a") as f:
            f.write(
                f"port = {self.port}\nlisten_addresses = '127.0.0.1'\nfsync = off\n"
                f"unix_socket_directories = ''\nmax_connections = 300\nshared_buffers = 32MB\n"
            )

    def start(self) -> None:
        """Start the server and wait until it answers."""
        log = (self.folder / "log").open("ab")
        self._process = subprocess.Popen(
            [*_unprivileged(), str(self._bin / "postgres"), "-D", str(self.data)],
            stdout=log, stderr=log,
        )  # fmt: skip
        deadline = time.monotonic() + START_SECONDS
        while True:
            with contextlib.suppress(psycopg2.OperationalError):
                psycopg2.connect(self.admin_uri()).close()
                return
            if self._process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(f"PostgreSQL did not start: {self.folder / 'log'}")
            time.sleep(0.1)

    def stop(self, how: signal.Signals = signal.SIGINT) -> None:
        """Stop the server; SIGINT is PostgreSQL's "fast", SIGQUIT its "immediate"."""
        if self._process and self._process.poll() is None:
            self._process.send_signal(how)
            self._process.wait(30)

    @contextlib.contextmanager
    def frozen(self) -> Iterator[None]:
        """Stop every process of the server for a while, as a hung host would."""
        assert self._process is not None
        parent = psutil.Process(self._process.pid)
        family = [parent, *parent.children(recursive=True)]
        for p in family:
            p.suspend()
        try:
            yield
        finally:
            for p in family:
                with contextlib.suppress(psutil.NoSuchProcess):
                    p.resume()

    @contextlib.contextmanager
    def read_only(self) -> Iterator[None]:
        """Refuse writes, as a demoted primary does."""
        self.sql("ALTER SYSTEM SET default_transaction_read_only = on")
        self.sql("SELECT pg_reload_conf()")
        time.sleep(0.2)
        try:
            yield
        finally:
            self.sql(
                "SET default_transaction_read_only = off",
                "ALTER SYSTEM RESET default_transaction_read_only",
                "SELECT pg_reload_conf()",
            )
            time.sleep(0.2)

    def admin_uri(self, database: str = "postgres") -> str:
        """Return the superuser's address."""
        return self.uri("admin", ADMIN_PASSWORD, database)

    def uri(self, user: str, password: str, database: str = "mlflow") -> str:
        """Return an address."""
        return f"postgresql://{user}:{password}@127.0.0.1:{self.port}/{database}"

    def sql(
        self, *statements: str, database: str = "postgres", uri: str | None = None
    ) -> list[tuple]:  # type: ignore[type-arg]
        """Run statements one by one; return the last one's rows."""
        connection = psycopg2.connect(uri or self.admin_uri(database), connect_timeout=3)
        connection.autocommit = True
        try:
            with connection.cursor() as cursor:
                for statement in statements:
                    cursor.execute(statement)
                return cursor.fetchall() if cursor.description else []
        finally:
            connection.close()


def remove(folder: Path) -> None:
    """Delete a server's folder."""
    shutil.rmtree(folder, ignore_errors=True)
