"""A lock that a process holds, and that the system lets go when the process dies."""

from __future__ import annotations

import fcntl
import os
from contextlib import suppress
from pathlib import Path


class Lock:
    """Of a file, which stays when the lock is let go.

    A forked child inherits the open file, and with it the lock: it has to `close` its copy, which
    leaves the parent's as it is.
    """

    def __init__(self, path: Path) -> None:
        self._file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)

    def take(self, *, shared: bool = False, wait: bool = False) -> bool:
        """Return whether it is held now; what was held in the other way is changed.

        Args:
            shared: Others may share it, and nobody has it alone meanwhile.
            wait: Until it can be had.
        """
        how = (fcntl.LOCK_SH if shared else fcntl.LOCK_EX) | (0 if wait else fcntl.LOCK_NB)
        try:
            fcntl.flock(self._file, how)
        except BlockingIOError:
            return False
        return True

    def release(self) -> None:
        fcntl.flock(self._file, fcntl.LOCK_UN)

    def close(self) -> None:
        """Give up this process's copy of the file, and the lock if nobody else has one."""
        with suppress(OSError):
            os.close(self._file)
        self._file = -1
