"""How much each process grows while something happens, sampled from /proc."""

from __future__ import annotations

import stat
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

from bench.processes import memory, name

# Reading one process's smaps_rollup takes the kernel about a millisecond.
EVERY_SECONDS = 0.5


@dataclass(kw_only=True)
class Growth:
    """Per process: memory (PSS) at first, at most, and the most it held in open files."""

    first: dict[int, int] = field(default_factory=dict)
    peak: dict[int, int] = field(default_factory=dict)
    names: dict[int, str] = field(default_factory=dict)
    files: dict[int, int] = field(default_factory=dict)
    samples: int = 0

    def sample(self, pids: list[int], *, baseline: bool = False) -> None:
        """Look once. A process that joins later grew from nothing: a restart hides no growth."""
        self.samples += 1
        for pid in pids:
            used = memory(pid)
            if pid not in self.first:
                self.first[pid] = used if baseline else 0
                self.names[pid] = name(pid)
            self.peak[pid] = max(self.peak.get(pid, 0), used)
            self.files[pid] = max(self.files.get(pid, 0), open_file_bytes(pid))

    @property
    def grown(self) -> dict[int, int]:
        """Bytes by process."""
        return {pid: self.peak[pid] - first for pid, first in self.first.items()}

    def largest(self, count: int) -> list[str]:
        """The processes that grew most, for a report."""
        ranked = sorted(self.grown.items(), key=lambda item: -item[1])[:count]
        return [f"{grown / 2**20:.0f} MiB: {self.names[pid]}" for pid, grown in ranked]


@contextmanager
def watched(pids: Callable[[], list[int]]) -> Iterator[Growth]:
    """Sample in the background; a last sample is taken at the end."""
    growth = Growth()
    growth.sample(pids(), baseline=True)
    done = threading.Event()

    def watch() -> None:
        while not done.wait(EVERY_SECONDS):
            growth.sample(pids())

    thread = threading.Thread(target=watch, daemon=True)
    thread.start()
    try:
        yield growth
    finally:
        done.set()
        thread.join(30)
    growth.sample(pids())


def open_file_bytes(pid: int) -> int:
    """Disk space of the ordinary files that `pid` has open, deleted ones included."""
    total, seen = 0, set()
    with suppress(OSError):
        for entry in Path(f"/proc/{pid}/fd").iterdir():
            with suppress(OSError):  # closed meanwhile
                found = entry.stat()
                if stat.S_ISREG(found.st_mode) and (found.st_dev, found.st_ino) not in seen:
                    seen.add((found.st_dev, found.st_ino))
                    total += found.st_blocks * 512
    return total
