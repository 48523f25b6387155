"""A real PostgreSQL in a folder, on a loopback port: started, frozen and stopped by tests."""

import contextlib
import os
import re
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


def binaries(root: Path = Path("/")) -> Path | None:
    """Return the newest PostgreSQL's programs under a root, None if there is none."""
    programs = (root / "usr/lib/postgresql").glob("*/bin/initdb")
    found = sorted(programs, key=lambda p: int(p.parts[-3]))
    return found[-1].parent if found else None


def free_port() -> int:
    """Return a port nobody listens on now."""
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return int(s.getsockname()[1])


def _unprivileged(root: Path) -> tuple[str, ...]:
    """PostgreSQL refuses root; in a user namespace of its own root is Debian's user for it."""
    users = (line.split(":") for line in (root / "etc/passwd").read_text().splitlines())
    number, group = next((user[2], user[3]) for user in users if user[0] == "postgres")
    return ("unshare", "-U", f"--map-user={number}", f"--map-group={group}")


_IN_ROOT = """
root=$1 folder=$2
shift 2
mkdir -p "$root$folder"
mount --bind "$folder" "$root$folder"
mount --rbind /dev "$root/dev"
exec "$@"
"""


class Postgres:
    """One server."""

    def __init__(self, folder: Path, root: Path = Path("/")) -> None:
        """Create the data folder; the server is not started yet.

        Args:
            folder: holds all that this server writes.
            root: the Debian whose PostgreSQL this is; another than this machine's needs root.
        """
        found = binaries(root)
        assert found is not None
        self._bin = Path("/") / found.relative_to(root)
        self._root = root
        self.folder = folder
        self.data = folder / "data"
        self.port = free_port()
        self._process: subprocess.Popen[bytes] | None = None
        password_file = folder / "password"
        password_file.write_text(ADMIN_PASSWORD)
        subprocess.run(
            [
                *self._prefix(), str(self._bin / "initdb"), "-D", str(self.data), "-U", "admin",
                "-A", "scram-sha-256", f"--pwfile={password_file}", "--no-sync",
            ],
            check=True, capture_output=True, timeout=60,
        )  # fmt: skip
        with (self.data / "postgresql.conf").open("a") as f:
            f.write(
                f"port = {self.port}\nlisten_addresses = '127.0.0.1'\nfsync = off\n"
                f"unix_socket_directories = ''\nmax_connections = 300\nshared_buffers = 32MB\n"
            )

    def _prefix(self) -> tuple[str, ...]:
        if self._root == Path("/"):
            return _unprivileged(self._root) if os.geteuid() == 0 else ()
        mounts = ("unshare", "--mount", "--propagation=private", "bash", "-ec", _IN_ROOT, "bash")
        root = str(self._root)
        return (*mounts, root, str(self.folder), *_unprivileged(self._root), f"--root={root}")

    def require_tls(self, certificate: Path, key: Path) -> None:
        """Refuse every connection without TLS; to be called before the start."""
        for file, name in ((certificate, "server.crt"), (key, "server.key")):
            shutil.copy(file, self.data / name)
        with (self.data / "postgresql.conf").open("a") as f:
            f.write("ssl = on\n")
        access = self.data / "pg_hba.conf"
        access.write_text(re.sub(r"^host\b", "hostssl", access.read_text(), flags=re.MULTILINE))

    def start(self) -> None:
        """Start the server and wait until it answers."""
        log = (self.folder / "log").open("ab")
        self._process = subprocess.Popen(
            [*self._prefix(), str(self._bin / "postgres"), "-D", str(self.data)],
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
