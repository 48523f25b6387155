"""A disk without a free byte."""

from __future__ import annotations

import errno
import os
from pathlib import Path

from chaos.target import NotPossible
from local import volume
from local.hosts import Host
from local.site import Site

CHUNK = 1 << 20
BLOCK = 4096


class DiskFull:
    """A file takes all that is free on the volume of a host's data; healing deletes it."""

    needs_healing = True

    def __init__(self, site: Site, host: Host) -> None:
        """Aim at a volume.

        Args:
            site: The cluster.
            host: Whose data.

        Raises:
            NotPossible: Its data has no volume of its own: this machine's disk would be filled.
        """
        data = site.data(host.name)
        if not volume.mounted(data):
            raise NotPossible(f"{data} is no volume of its own. Limit the host's disk first")
        self.description = f"fill the disk of {host.name}"
        self._data = data
        self._filler = data / "filler"

    def inject(self) -> None:
        _fill(self._filler)

    def landed(self) -> str | None:
        free = os.statvfs(self._data)
        left = free.f_bavail * free.f_frsize
        if left >= CHUNK:
            _fill(self._filler)  # a file was recycled meanwhile
            return f"{left} bytes are free again"
        return None

    def heal(self) -> None:
        self._filler.unlink(missing_ok=True)


def _fill(path: Path) -> None:
    with path.open("ab", buffering=0) as file:
        for size in (CHUNK, BLOCK):
            try:
                while file.write(bytes(size)) == size:
                    """Go on until nothing fits."""
            except OSError as error:
                if error.errno != errno.ENOSPC:
                    raise
