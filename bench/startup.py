"""How long `make up` takes to a first successful write, and what memory the cluster then has.

It starts a cluster of its own in a folder of its own, deletes it afterwards, and refuses while
another cluster runs: on shared cores neither time nor memory would mean anything.
"""

from __future__ import annotations

import os
import subprocess
import time
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Any

from bench.operations import OPERATIONS
from bench.processes import memory
from bench.side import BenchError
from bench.target import front_door, processes
from local.cluster import Cluster, ClusterError, attach
from local.state import VARIABLE

ROOT = Path(__file__).parent.parent
STATE = ROOT / "build" / "bench" / "startup-state"
MAKE_SECONDS = 600
ROUNDS = 3
LIMITS = {"empty_s": 60.0, "existing_s": 30.0, "memory_mib": 4096.0}
MIB = 1 << 20

Progress = Callable[[str], None]


def measure(progress: Progress) -> dict[str, Any]:
    """Start on empty state and again with data, a few times each."""
    _refuse_beside_another()
    empty: list[float] = []
    existing: list[float] = []
    megabytes: dict[str, int] = {}
    try:
        for number in range(1, ROUNDS + 1):
            _make("clean")
            empty.append(_start_and_write())
            progress(f"round {number}, empty state: {empty[-1]:.1f} s")
            _make("down")
            existing.append(_start_and_write())
            progress(f"round {number}, existing data: {existing[-1]:.1f} s")
            megabytes = _memory(attach(STATE))
    finally:
        _make("clean")
    worst = {
        "empty_s": max(empty),
        "existing_s": max(existing),
        "memory_mib": sum(megabytes.values()),
    }
    return {
        "empty_s": [round(value, 1) for value in empty],
        "existing_s": [round(value, 1) for value in existing],
        "memory_mib": {"total": sum(megabytes.values()), "by_role": megabytes},
        "aims": {
            name: {"at_most": limit, "measured": round(worst[name], 1), "met": worst[name] <= limit}
            for name, limit in LIMITS.items()
        },
    }


def _refuse_beside_another() -> None:
    try:
        other = attach()
    except ClusterError:
        return
    raise BenchError(
        f"a cluster runs at {other.endpoint}, and would share the cores. Stop it: make down"
    )


def _start_and_write() -> float:
    """Seconds from `make up` until a registration of our own was acknowledged."""
    begun = time.monotonic()
    _make("up")
    connection = front_door(attach(STATE)).connect()
    write = OPERATIONS[0].prepare(connection, f"startup-{uuid.uuid4().hex}")
    write()
    elapsed = time.monotonic() - begun
    connection.close()
    return elapsed


def _make(goal: str) -> None:
    log = STATE.with_suffix(".log")
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("ab") as output:
        done = subprocess.run(
            ["make", goal],
            cwd=ROOT,
            env={**os.environ, VARIABLE: str(STATE)},
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            timeout=MAKE_SECONDS,
            check=False,
        )
    if done.returncode:
        raise BenchError(f"`make {goal}` ended with {done.returncode}. Its output is in {log}")


def _memory(cluster: Cluster) -> dict[str, int]:
    """MiB by role, such as app or db."""
    roles = sorted({name.partition("-")[0] for name in cluster.hosts})
    return {
        role: round(sum(memory(pid) for pid in processes(cluster, [f"{role}-"])) / MIB)
        for role in roles
    }
