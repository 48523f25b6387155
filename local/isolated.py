"""A host made of a network namespace and a control group (as root)."""

from __future__ import annotations

import ctypes
import os
import shlex
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from local.cgroups import Cgroup
from local.hosts import spawn
from local.namespaces import Fabric
from local.traffic import Trouble

CLONE_NEWNET = 0x40000000
_libc = ctypes.CDLL(None, use_errno=True)


class IsolatedHost:
    """See `local.hosts.Host`; nothing is refused here."""

    def __init__(
        self, name: str, fabric: Fabric, cgroup: Cgroup, boot_command: list[str], log: Path
    ) -> None:
        self.name = name
        self.address = fabric.layout.address(name)
        self._fabric = fabric
        self._cgroup = cgroup
        self._boot_command = boot_command
        self._log = log

    @property
    def alive(self) -> bool:
        return bool(self._cgroup.pids())

    def pids(self) -> list[int]:
        return self._cgroup.pids()

    def boot(self, environment: Mapping[str, str] | None = None) -> None:
        self._fabric.set_link(self.name, up=True)
        if not self.alive:
            self.run(self._boot_command, environment or {}, self._log)

    def kill(self) -> None:
        # The cable first: a dead machine sends no farewell, a killed process does.
        self._fabric.set_link(self.name, up=False)
        self._cgroup.kill()

    def freeze(self) -> None:
        self._cgroup.set_frozen(True)

    def thaw(self) -> None:
        self._cgroup.set_frozen(False)

    def trouble(self, trouble: Trouble) -> None:
        self._fabric.trouble(self.name, trouble)

    def packets_hit(self) -> int:
        return self._fabric.packets_hit(self.name)

    def reconnect(self) -> None:
        self._fabric.restore_traffic(self.name)

    def run(
        self, command: Sequence[str], environment: Mapping[str, str], log: Path
    ) -> subprocess.Popen[bytes]:
        self._cgroup.create()
        join = f"echo $$ > {shlex.quote(str(self._cgroup.path / 'cgroup.procs'))}"
        inside = [*self._fabric.enter_prefix(self.name), *command]
        return spawn(["/bin/sh", "-c", f"{join} && exec {shlex.join(inside)}"], environment, log)

    @contextmanager
    def entered(self) -> Iterator[None]:
        with Path("/proc/thread-self/ns/net").open() as home:
            with self._fabric.path(self.name).open() as away:
                _set_network(away.fileno())
            try:
                yield
            finally:
                _set_network(home.fileno())


def _set_network(descriptor: int) -> None:
    """setns(2), for this thread alone; `os.setns` comes with Python 3.12."""
    if _libc.setns(descriptor, CLONE_NEWNET) != 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))
