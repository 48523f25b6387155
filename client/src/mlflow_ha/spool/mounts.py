"""Whether a folder is on a disk of this machine."""

from __future__ import annotations

import os
from pathlib import Path

_NETWORK = ("nfs", "cifs", "smb", "lustre", "gpfs", "beegfs", "ceph", "glusterfs", "afs")


def network_filesystem(path: Path) -> str | None:
    """Return the kind of network file system that `path` is on; None for a local disk.

    Only Linux tells; elsewhere everything is taken for local.
    """
    try:
        device = path.stat().st_dev
        lines = Path("/proc/self/mountinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return None
    wanted = f"{os.major(device)}:{os.minor(device)}"
    for line in lines:
        mount, _, source = line.partition(" - ")
        kind = source.split(" ", 1)[0]
        if mount.split(" ")[2] == wanted and kind.removeprefix("fuse.").startswith(_NETWORK):
            return kind
    return None
