"""A disk of limited size under one host's data, so that it can be full without filling this machine."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

from local.errors import LocalError, NotSupported
from local.site import Site

MOUNTS = Path("/proc/self/mounts")
ROOM = 1 << 30
"""Bytes beyond what the data takes now: WAL may grow to 1 GB before it is recycled."""


def limit(site: Site, host: str) -> None:
    """Move a dead host's data to a volume of its own.

    Raises:
        NotSupported: This machine mounts no files (no loop devices, or no root).
        LocalError: It has one already.
    """
    data, image = site.data(host), _image(site, host)
    if mounted(data):
        raise LocalError(f"{data} is a volume already. Heal the drill that made it one")
    used = sum(path.lstat().st_size for path in data.rglob("*") if not path.is_dir())
    place = _place(site, host)
    place.mkdir(exist_ok=True)
    with image.open("wb") as file:
        file.truncate(used + ROOM)
    # -m 0: by default a share is kept for root, whom services are under their mapped name.
    _run("mkfs.ext4", "-q", "-m", "0", str(image))
    _run("mount", "-o", "loop", str(image), str(place))
    _run("cp", "-a", f"{data}/.", str(place))
    _run("umount", str(place))
    _run("mount", "-o", "loop", str(image), str(data))


def release(site: Site, host: str) -> None:
    """Move a dead host's data back, and delete its volume; nothing if it has none."""
    data, image = site.data(host), _image(site, host)
    if not mounted(data):
        return
    place = _place(site, host)
    _run("umount", str(data))
    _run("mount", "-o", "loop", str(image), str(place))
    shutil.rmtree(data)  # as it was when the volume was made
    _run("cp", "-a", str(place), str(data))
    _run("umount", str(place))
    place.rmdir()
    image.unlink()


def unmount_all(site: Site) -> None:
    """Give the machine its loop devices back; the images stay, as the data they hold."""
    for line in MOUNTS.read_text().splitlines():
        place = Path(line.split()[1])
        if place.is_relative_to(site.state):
            _run("umount", str(place))


def mounted(place: Path) -> bool:
    return any(line.split()[1] == str(place) for line in MOUNTS.read_text().splitlines())


def _image(site: Site, host: str) -> Path:
    return site.data(host).with_name("volume.img")


def _place(site: Site, host: str) -> Path:
    return site.data(host).with_name("volume")


def _run(*command: str) -> None:
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=120)
    if done.returncode != 0:
        raise NotSupported(
            f"`{' '.join(command)}` failed: {done.stderr.strip()}. Limited disks need root, loop "
            "devices and ext4"
        )
