"""examples/train.py as a process of its own, whose progress can be followed."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from local.cluster import Cluster

ROOT = Path(__file__).parents[3]
SCRIPT = ROOT / "examples" / "train.py"
# Importing MLflow alone takes seconds on two busy cores.
CALM_SECONDS = 120
ROUND = re.compile(r"^round (\d+)/", re.MULTILINE)


@dataclass(frozen=True, kw_only=True)
class Training:
    """A training script under way, its output going to a file."""

    process: subprocess.Popen[bytes]
    log: Path
    rounds: int

    @property
    def output(self) -> str:
        return self.log.read_text(encoding="utf-8", errors="replace")

    @property
    def rounds_done(self) -> int:
        return len(ROUND.findall(self.output))

    def wait_for_round(self, number: int, *, within: float) -> None:
        """Wait until that many rounds are logged; fail at once if the script ends before."""
        deadline = time.monotonic() + within
        while self.rounds_done < number:
            code = self.process.poll()
            assert code is None, f"train.py ended with {code} before round {number}: {self.output}"
            assert time.monotonic() < deadline, (
                f"round {number} not reached in {within:g} s; at {self.rounds_done}: {self.output}"
            )
            time.sleep(0.02)

    def finish(self, *, within: float) -> str:
        """Wait for the end and return the output; fail unless the script says it went well."""
        try:
            code = self.process.wait(within)
        except subprocess.TimeoutExpired:
            raise AssertionError(f"train.py not done in {within:g} s: {self.output}") from None
        assert code == 0, f"train.py ended with {code}: {self.output}"
        return self.output

    def found(self, what: str) -> str:
        """The value that the script printed after `what:`."""
        match = re.search(rf"\b{re.escape(what)}: (\S+)", self.output)
        assert match, f"train.py printed no {what!r}: {self.output}"
        return match[1]


@contextmanager
def training(cluster: Cluster, folder: Path, *, name: str, rounds: int) -> Iterator[Training]:
    """Start train.py with the environment that a data scientist would have, and nothing more.

    Args:
        cluster: Where it logs to.
        folder: For its output.
        name: Of the experiment and the model.
        rounds: How many it trains.
    """
    inherited = {key: value for key, value in os.environ.items() if not key.startswith("MLFLOW_")}
    command = [sys.executable, str(SCRIPT), "--rounds", str(rounds)]
    log = folder / f"{name}.log"
    with log.open("wb") as output:
        process = subprocess.Popen(
            [*command, "--experiment", name, "--model-name", name],
            cwd=folder,
            env={**inherited, **cluster.client_environment()},
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
        )
    try:
        yield Training(process=process, log=log, rounds=rounds)
    finally:
        process.kill()
        process.wait()


def unique(name: str) -> str:
    """A name that no earlier test used."""
    return f"{name}-{uuid.uuid4().hex[:8]}"
