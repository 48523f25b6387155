"""A host made of a loopback address and a tree of processes (without root)."""

from __future__ import annotations

import subprocess
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

import psutil

from local.hosts import NotSupported, spawn
from local.traffic import Trouble

MARK = "MLFLOW_HA_HOST"


class LoopbackHost:
    """See `local.hosts.Host`; its packets cannot be touched."""

    def __init__(self, name: str, address: str, boot_command: list[str], log: Path) -> None:
        self.name = name
        self.address = address
        self._boot_command = boot_command
        self._log = log
        # The log's path tells this host from its namesake in another cluster.
        self._mark = str(log)

    @property
    def alive(self) -> bool:
        return bool(self.pids())

    def pids(self) -> list[int]:
        return [process.pid for process in self._tree()]

    def boot(self, environment: Mapping[str, str] | None = None) -> None:
        if not self.alive:
            self.run(self._boot_command, environment or {}, self._log)

    def kill(self) -> None:
        """Stop everything first, so that no supervisor restarts what is being ended."""
        doomed = self._tree()
        _each(doomed, psutil.Process.suspend)
        _each(doomed, psutil.Process.kill)
        psutil.wait_procs(doomed, timeout=10)

    def freeze(self) -> None:
        _each(self._tree(), psutil.Process.suspend)

    def thaw(self) -> None:
        _each(self._tree(), psutil.Process.resume)

    def trouble(self, trouble: Trouble) -> None:
        raise NotSupported(
            f"{self.name} shares this machine's loopback, whose packets must not be touched "
            f"({type(trouble).__name__.lower()}). Run as root: hosts are then network namespaces"
        )

    def packets_hit(self) -> int:
        return 0

    def reconnect(self) -> None:
        """Nothing can have been cut."""

    def run(
        self, command: Sequence[str], environment: Mapping[str, str], log: Path
    ) -> subprocess.Popen[bytes]:
        return spawn(command, {**environment, MARK: self._mark}, log)

    @contextmanager
    def entered(self) -> Iterator[None]:
        yield

    def _tree(self) -> list[psutil.Process]:
        """Whoever was started with this host's mark, and their children.

        The mark survives the death of the supervisor; PostgreSQL writes its titles over it, so
        its processes are found as children.
        """
        found: dict[int, psutil.Process] = {}
        for process in psutil.process_iter():
            with suppress(psutil.Error):
                if process.environ().get(MARK) == self._mark:
                    found[process.pid] = process
                    found |= {child.pid: child for child in process.children(recursive=True)}
        return list(found.values())


def _each(processes: Iterable[psutil.Process], action: Callable[[psutil.Process], None]) -> None:
    for process in processes:
        with suppress(psutil.NoSuchProcess):
            action(process)
