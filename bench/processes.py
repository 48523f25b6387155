"""What processes use, read from /proc: memory shared fairly, processor time, descendants."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import psutil

KIB = 1024


def memory(pid: int) -> int:
    """Bytes of memory of `pid`, shared pages divided among their users (PSS); 0 if it is gone.

    Only PSS may be summed over processes: RSS counts PostgreSQL's shared buffers once for every
    backend.
    """
    try:
        rollup = Path(f"/proc/{pid}/smaps_rollup").read_text(encoding="ascii")
    except (FileNotFoundError, ProcessLookupError):
        return 0
    for line in rollup.splitlines():
        if line.startswith("Pss:"):
            return int(line.split()[1]) * KIB
    return 0


def total_memory(pids: Iterable[int]) -> int:
    """Bytes of memory of all `pids` together."""
    return sum(memory(pid) for pid in pids)


def processor_seconds(pids: Iterable[int]) -> float:
    """Seconds of processor time that `pids` and their finished children have used so far."""
    return sum(_processor_seconds(pid) for pid in pids)


def _processor_seconds(pid: int) -> float:
    try:
        times = psutil.Process(pid).cpu_times()
    except psutil.NoSuchProcess:
        return 0.0
    used = times.user + times.system + times.children_user + times.children_system
    return float(used)


def with_descendants(pid: int) -> list[int]:
    """`pid` and every process below it; empty if it is gone."""
    try:
        top = psutil.Process(pid)
        return [pid, *(child.pid for child in top.children(recursive=True))]
    except psutil.NoSuchProcess:
        return []


def name(pid: int) -> str:
    """The command of `pid`, short; "gone" if it has ended."""
    try:
        return " ".join(psutil.Process(pid).cmdline())[:80] or psutil.Process(pid).name()
    except psutil.NoSuchProcess:
        return "gone"
