"""Hosts that lose power, and processes that are shot."""

from __future__ import annotations

import os
import signal
from collections.abc import Sequence
from pathlib import Path

from chaos.target import FaultMissed
from chaos.targets.local_faults.hosts import each, listed
from local.hosts import Host


class HostsKilled:
    """Hosts lose power; healing boots them with the data they had."""

    needs_healing = True

    def __init__(self, hosts: Sequence[Host]) -> None:
        self.description = f"kill {listed(hosts)}"
        self._hosts = hosts
        self._pids = {host.name: host.pids() for host in hosts}
        self._down = False

    def inject(self) -> None:
        self._down = True
        each(self._hosts, lambda host: host.kill())

    def landed(self) -> str | None:
        for host in self._hosts:
            pids = self._pids[host.name]
            if not pids:
                return f"{host.name} had no process to kill"
            if left := [pid for pid in pids if runs(pid)]:
                return f"{host.name} still runs {len(left)} of {len(pids)} processes"
            if host.alive:
                return f"{host.name} is alive again"
        return None

    def heal(self) -> None:
        if self._down:
            for host in self._hosts:
                host.boot()
            self._down = False


class ProcessKilled:
    """SIGKILL for one process; whoever watches over it is expected to repair it."""

    needs_healing = False

    def __init__(self, what: str, host: str, pid: int) -> None:
        """Aim at one process.

        Args:
            what: What it is, such as "postmaster".
            host: Where it runs.
            pid: Its process id.

        Raises:
            FaultMissed: There is no such process. (kill(0) would hit the drill itself.)
        """
        if pid <= 1:
            raise FaultMissed(f"{host} runs no {what} that could be killed")
        self.description = f"SIGKILL the {what} of {host}"
        self._what = what
        self._pid = pid

    def inject(self) -> None:
        os.kill(self._pid, signal.SIGKILL)

    def landed(self) -> str | None:
        return f"{self._what} {self._pid} still runs" if runs(self._pid) else None

    def heal(self) -> None:
        """Nothing to undo."""


def runs(pid: int) -> bool:
    """Whether a process still does something: a zombie is dead, only not yet buried."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace")
    except (FileNotFoundError, ProcessLookupError):
        return False
    return stat.rpartition(")")[2].split()[0] not in "ZX"
