"""Killed at any point of training or of replay, a script's work is on the server once each, in order.

The long form of the first test is `python -m bench client-kills`, which runs the same code.
"""

import json
import signal
from pathlib import Path

import psutil

from bench.client_kills.measure import measure
from tests.cluster.client.conftest import Reached
from tests.cluster.client.environment import Ready
from tests.cluster.client.working import (
    Working,
    side_of,
    wait_until_acknowledged,
    wait_until_right,
)

POINTS = 10


def test_what_was_acknowledged_survives_kills_at_random_points(ours: Reached) -> None:
    found = measure(side_of(ours), POINTS, "1", print)
    assert found["kills"]["training"] >= POINTS // 2
    assert found["kills"]["replay"] >= POINTS // 2
    assert found["acknowledged"] > 100
    assert found["wrong"] == []
    assert found["aim"]["met"]


def test_a_killed_script_is_finished_by_another_process_unaided(
    ready: Ready, ours: Reached, spool: dict[str, str], tmp_path: Path
) -> None:
    """It survives its own death too: what is killed while it sends is begun again by the next."""
    work = Working(ours, tmp_path, "unaided", actions=500)
    with ours.door.closed():
        script = work.start(ready, **spool, MLFLOW_HA_SPOOL_SUCCESSOR_HOURS=1)
        wait_until_acknowledged(work, 30)
        script.kill()
        assert script.wait() == -signal.SIGKILL
        (heir,) = successors(spool)
        assert work.findings().lost
    wait_until_right(work)
    _, remaining = psutil.wait_procs([heir], timeout=30)
    assert not remaining, "the successor stays though nothing waits"


def test_where_the_successor_is_killed_the_next_process_sends(
    ready: Ready, ours: Reached, spool: dict[str, str], tmp_path: Path
) -> None:
    work = Working(ours, tmp_path, "abandoned", actions=40)
    with ours.door.closed():
        work.start(ready, **spool, MLFLOW_HA_SPOOL_SUCCESSOR_HOURS=1).succeeded()
        (heir,) = successors(spool)
        heir.kill()
        heir.wait(10)
    told = json.loads(ready.command("status", "--json", **ours.variables, **spool).stdout)
    assert told["waiting"] > 40
    # Any script will do: what waited goes first, and an heir of its own sends what it cannot.
    other = Working(ours, tmp_path, "next", actions=1)
    other.start(ready, **spool, MLFLOW_HA_SPOOL_SUCCESSOR_HOURS=1).succeeded()
    wait_until_right(work)
    wait_until_right(other)


def successors(spool: dict[str, str]) -> list[psutil.Process]:
    """The processes that wait to send what is in a spool."""
    folder = spool["MLFLOW_HA_SPOOL_DIR"]
    return [
        process
        for process in psutil.process_iter(["cmdline"])
        if any(folder in part for part in process.info["cmdline"] or ())
        and "mlflow_ha.spool.heir" in process.info["cmdline"]
    ]
