"""A host: something that can be booted, killed, hung and cut off, whatever it is made of."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Protocol

from local.errors import NotSupported
from local.traffic import Trouble

__all__ = ["Host", "NotSupported", "spawn"]


class Host(Protocol):
    """One emulated machine. Every fault has its reversal, and both may be repeated."""

    @property
    def name(self) -> str: ...
    @property
    def address(self) -> str: ...
    @property
    def alive(self) -> bool:
        """True while at least one process lives on it."""

    def boot(self, environment: Mapping[str, str] | None = None) -> None:
        """Start the host and its services, with whatever data it has; nothing if it runs.

        Args:
            environment: Variables that all of its services get, beyond their own.
        """

    def kill(self) -> None:
        """End everything on it at once, like a power loss; nobody gets a farewell."""

    def freeze(self) -> None:
        """Stop all of its processes in their tracks; the kernel still answers TCP for them."""

    def thaw(self) -> None:
        """Let frozen processes go on."""

    def trouble(self, trouble: Trouble) -> None:
        """Do to its packets what `trouble` says, instead of what was done before.

        Raises:
            NotSupported: Its packets cannot be told from the machine's.
        """

    def packets_hit(self) -> int:
        """How many packets the trouble in place has hit: none means that it proves nothing."""

    def reconnect(self) -> None:
        """Undo every `trouble`."""

    def pids(self) -> list[int]:
        """The processes on it."""

    def entered(self) -> AbstractContextManager[None]:
        """Within it, sockets that this thread opens are the host's."""

    def run(
        self, command: Sequence[str], environment: Mapping[str, str], log: Path
    ) -> subprocess.Popen[bytes]:
        """Start a command on the host, its output going to `log`."""


def spawn(
    command: Sequence[str], environment: Mapping[str, str], log: Path
) -> subprocess.Popen[bytes]:
    """Start a detached process that writes to a file: a full pipe would stop it.

    Args:
        command: Program and arguments.
        environment: Everything it gets; nothing is inherited but PATH and the locale.
        log: Appended to, created with mode 0600.
    """
    log.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    descriptor = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    inherited = {name: os.environ[name] for name in ("PATH", "LANG", "TZ") if name in os.environ}
    inherited["PATH"] = f"{inherited.get('PATH', '')}:/usr/sbin:/sbin:/usr/bin:/bin"
    try:
        return subprocess.Popen(
            command,
            env={**inherited, "HOME": str(log.parent), **environment},
            stdin=subprocess.DEVNULL,
            stdout=descriptor,
            stderr=descriptor,
            start_new_session=True,
            close_fds=True,
            umask=0o077,
        )
    finally:
        os.close(descriptor)
