"""The benchmark's script at work in tests: started, watched, and held against the server."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from bench.client_kills.judge import Findings, Notes, Reader, compare
from bench.client_kills.points import WORK
from bench.client_kills.zygote import LONGEST_SECONDS, Script
from bench.side import Side
from tests.cluster.client.conftest import Reached
from tests.cluster.client.environment import Ready

PROMPT = {"MLFLOW_HA_SPOOL_PATIENCE": "0.3", "MLFLOW_HA_PROBE_INTERVAL": "0.2"}
"""For tests that would otherwise spend most of their time waiting for what does not answer."""


def side_of(server: Reached) -> Side:
    """A server of the tests, as the benchmarks see one; past its door."""
    user = server.variables.get("MLFLOW_TRACKING_USERNAME")
    login = (user, server.variables["MLFLOW_TRACKING_PASSWORD"]) if user else None
    return Side(name="tested", url=server.contents.uri, credentials=login, pids=list)


class Working:
    """One script with notes of its own.

    Args:
        server: Reached through its door.
        folder: For its notes.
        name: Of what it makes on the server, and the seed of what it does.
        actions: How much it does.
    """

    def __init__(self, server: Reached, folder: Path, name: str, actions: int = 25) -> None:
        self._server = server
        self._notes = folder / f"{name}.notes"
        self.name = name
        self.arguments = (name, name, actions, self._notes)

    def start(self, ready: Ready, **environment: object) -> Script:
        variables = {**PROMPT, **self._server.variables, **environment}
        return ready.run_path(WORK, *self.arguments, environment=variables)

    @property
    def notes(self) -> Notes:
        return Notes.of(self._notes)

    @property
    def acknowledged(self) -> int:
        return len(self.notes.done)

    def findings(self) -> Findings:
        """Compare what the script noted with what the server has."""
        with reading(self._server) as reader:
            return compare(self.notes, reader.contents(self.name))


@contextmanager
def reading(server: Reached) -> Iterator[Reader]:
    reader = Reader(side_of(server))
    try:
        yield reader
    finally:
        reader.close()


def wait_until_acknowledged(work: Working, things: int, seconds: float = LONGEST_SECONDS) -> None:
    """Return once MLflow has acknowledged so many things to a script."""
    until = time.monotonic() + seconds
    while work.acknowledged < things:
        assert time.monotonic() < until, f"{work.acknowledged} of {things} after {seconds} s"
        time.sleep(0.02)


def wait_for_more(work: Working, script: Script, seconds: float = LONGEST_SECONDS) -> None:
    """Return once more has been acknowledged to a script, or it has come to its end."""
    before = work.acknowledged
    until = time.monotonic() + seconds
    while work.acknowledged <= before + 3 and script.code is None:
        assert time.monotonic() < until, f"nothing more after {seconds} s"
        time.sleep(0.02)


def wait_until_right(work: Working, seconds: float = LONGEST_SECONDS) -> None:
    """Return once the server has what the script was told, once each."""
    until = time.monotonic() + seconds
    while not (findings := work.findings()).none:
        assert time.monotonic() < until, f"after {seconds} s: {findings}"
        time.sleep(0.3)
