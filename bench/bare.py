"""The yardstick: one stock `mlflow server` on one stock PostgreSQL, as MLflow's docs start it.

Default settings but for free ports and a folder of its own: four workers, SQLAlchemy's default
pool, artifacts on the local disk, no authentication, PostgreSQL as initdb leaves it.
"""

from __future__ import annotations

import importlib.metadata
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

import httpx
import psycopg
from psycopg import sql

from bench.processes import with_descendants
from bench.side import BenchError, Side
from local.programs import POSTGRES_ROOT, newest_postgres

USER = "mlflow"
DATABASE = "mlflow"
INITDB_SECONDS = 60
POSTGRES_SECONDS = 30
# Four workers import MLflow and one migrates the empty database, on as little as two busy cores.
MLFLOW_SECONDS = 180
STOP_SECONDS = 20
LOG_LINES = 5
PROMPT = ("--workers", "1")
"""For measuring a client. With several workers, which is the default, uvicorn makes the listening
socket itself and names no protocol, so that asyncio leaves Nagle's algorithm on: the body of a small
answer then reaches a client on the same machine 40 ms after its head, and hides what a client adds."""

Process = subprocess.Popen[bytes]


@contextmanager
def bare_mlflow(*options: str) -> Iterator[Side]:
    """Start the yardstick, yield it, and leave nothing of it behind.

    Args:
        options: For `mlflow server`, where a measurement wants other than its defaults.
    """
    folder = Path(tempfile.mkdtemp(prefix="mlflow-bare-"))
    try:
        with (
            _postgres(folder) as (database, postgres),
            _mlflow(folder, database, options) as (url, mlflow),
        ):

            def pids() -> list[int]:
                return [*with_descendants(postgres.pid), *with_descendants(mlflow.pid)]

            yield Side(name="bare", url=url, credentials=None, pids=pids)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def versions() -> dict[str, str]:
    """What the yardstick is made of."""
    command = [str(_postgres_programs() / "postgres"), "--version"]
    postgres = subprocess.run(command, check=True, capture_output=True, text=True, timeout=10)
    return {
        "bare mlflow": importlib.metadata.version("mlflow"),
        "bare postgresql": postgres.stdout.split()[2],
    }


@contextmanager
def _postgres(folder: Path) -> Iterator[tuple[str, Process]]:
    programs, data, port = _postgres_programs(), folder / "postgresql", _free_port()
    initdb = [str(programs / "initdb"), "-D", str(data), "-U", USER, "-A", "trust"]
    subprocess.run(
        [*_not_root(), *initdb], check=True, stdout=subprocess.DEVNULL, timeout=INITDB_SECONDS
    )
    command = [str(programs / "postgres"), "-D", str(data), "-p", str(port), "-k", str(folder)]
    with _process([*_not_root(), *command], folder, "postgresql", signal.SIGINT) as process:
        address = f"host=127.0.0.1 port={port} user={USER} dbname=postgres connect_timeout=2"

        def create_database() -> None:
            with psycopg.connect(address, autocommit=True) as connection:
                connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(DATABASE)))

        log = folder / "postgresql.log"
        _until(create_database, psycopg.OperationalError, process, log, POSTGRES_SECONDS)
        yield f"postgresql://{USER}@127.0.0.1:{port}/{DATABASE}", process


@contextmanager
def _mlflow(folder: Path, database: str, options: Sequence[str]) -> Iterator[tuple[str, Process]]:
    port = _free_port()
    url = f"http://127.0.0.1:{port}"
    command = [
        *(sys.executable, "-m", "mlflow", "server", "--port", str(port)),
        *("--backend-store-uri", database),
        *("--artifacts-destination", str(folder / "artifacts")),
        *options,
    ]
    with _process(command, folder, "mlflow", signal.SIGTERM) as process:

        def answer() -> None:
            httpx.get(f"{url}/health", timeout=2).raise_for_status()

        _until(answer, httpx.HTTPError, process, folder / "mlflow.log", MLFLOW_SECONDS)
        yield url, process


@contextmanager
def _process(
    command: Sequence[str], folder: Path, name: str, farewell: signal.Signals
) -> Iterator[Process]:
    environment = {k: v for k, v in os.environ.items() if not k.startswith("MLFLOW_")}
    with (folder / f"{name}.log").open("wb") as log:
        process = subprocess.Popen(
            command,
            cwd=folder,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,  # Ctrl-C reaches the benchmark alone, which then stops this
        )
    try:
        yield process
    finally:
        _stop(process, farewell)


def _stop(process: Process, farewell: signal.Signals) -> None:
    family = with_descendants(process.pid)
    process.send_signal(farewell)
    try:
        process.wait(STOP_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait(STOP_SECONDS)
    for pid in family:
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)


def _until(
    attempt: Callable[[], None],
    not_yet: type[Exception],
    process: Process,
    log: Path,
    seconds: float,
) -> None:
    deadline = time.monotonic() + seconds
    while True:
        try:
            return attempt()
        except not_yet as error:
            last = error
        code = process.poll()
        if code is not None or time.monotonic() > deadline:
            state = f"did not answer in {seconds:g} s" if code is None else f"ended with {code}"
            lines = log.read_text(encoding="utf-8", errors="replace").splitlines()
            raise BenchError(
                f"{log.stem} of the bare side {state} ({last}); its log ends: "
                + " | ".join(lines[-LOG_LINES:])
            )
        time.sleep(0.2)


def _not_root() -> list[str]:
    """PostgreSQL refuses to run as root: give it another name in a user namespace."""
    if os.getuid() != 0:
        return []
    return ["unshare", "--user", "--map-user=1000", "--map-group=1000"]


def _postgres_programs() -> Path:
    programs = newest_postgres(POSTGRES_ROOT)
    if programs is None:
        raise BenchError(f"no PostgreSQL server under {POSTGRES_ROOT}. Run: make packages")
    return programs


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
