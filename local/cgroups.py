"""Control groups (v2): all processes of a host, to be killed or frozen in one step."""

from __future__ import annotations

import time
from pathlib import Path

from local.errors import LocalError

MOUNTS = Path("/proc/self/mounts")


def hierarchy() -> Path:
    """Where the version-2 hierarchy is mounted, alone or beside version 1.

    Raises:
        LocalError: It is not, or cannot be written.
    """
    for line in MOUNTS.read_text().splitlines():
        _, place, kind, options, *_ = line.split()
        if kind == "cgroup2":
            if "ro" in options.split(","):
                raise LocalError(
                    f"{place} (cgroup v2) is mounted read-only. In a container, run it with "
                    "--privileged; or run as a user other than root, without cgroups"
                )
            return Path(place)
    raise LocalError(
        "no cgroup v2 hierarchy is mounted. Mount one (mount -t cgroup2 none /sys/fs/cgroup), "
        "or run as a user other than root, without cgroups"
    )


class Cgroup:
    """One host's group."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def create(self) -> None:
        self.path.mkdir(parents=True, exist_ok=True)

    def pids(self) -> list[int]:
        try:
            return [int(pid) for pid in (self.path / "cgroup.procs").read_text().split()]
        except (FileNotFoundError, OSError):
            return []

    def kill(self, *, within: float = 10) -> None:
        """End every process at once and wait until they are gone.

        Raises:
            LocalError: Some are still there after `within` seconds.
        """
        if self.path.exists():
            (self.path / "cgroup.kill").write_text("1")
            self._wait_for("populated 0", within)

    def set_frozen(self, frozen: bool, *, within: float = 10) -> None:
        """Freeze or thaw, and wait until the kernel says it is done."""
        (self.path / "cgroup.freeze").write_text("1" if frozen else "0")
        self._wait_for(f"frozen {int(frozen)}", within)

    def remove(self) -> None:
        if self.path.exists():
            self.path.rmdir()

    def _wait_for(self, event: str, within: float) -> None:
        deadline = time.monotonic() + within
        while event not in (self.path / "cgroup.events").read_text():
            if time.monotonic() > deadline:
                raise LocalError(f"{self.path} is not '{event}' after {within:g} s: {self.pids()}")
            time.sleep(0.01)
