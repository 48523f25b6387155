"""Where the Debian programs are that the cluster is made of."""

from __future__ import annotations

import os
import shutil
from dataclasses import dataclass
from pathlib import Path

from local.errors import LocalError

POSTGRES_ROOT = Path("/usr/lib/postgresql")
NEWEST_TRIED = 18
# Patroni 4.1 runs 9.3 and newer; what is measured here is Debian 12's 15 and Debian 13's 17.
OLDEST_POSTGRES = 15

PACKAGES = {
    "etcd": "etcd-server",
    "haproxy": "haproxy",
    "pgbouncer": "pgbouncer",
    "rsync": "rsync",
    "keepalived": "keepalived",
    "ip": "iproute2",
    "nft": "nftables",
    "nsenter": "util-linux",
    "unshare": "util-linux",
    "sysctl": "procps",
}
ONLY_AS_ROOT = {"keepalived", "ip", "nft", "nsenter", "unshare", "sysctl"}


@dataclass(frozen=True, kw_only=True)
class Programs:
    """Absolute paths by name, and PostgreSQL's folder."""

    paths: dict[str, str]
    postgres: Path

    def __getitem__(self, name: str) -> str:
        return self.paths[name]

    @property
    def postgres_major(self) -> int:
        return int(self.postgres.parent.name)


def find(*, isolated: bool) -> Programs:
    """Find every program the cluster needs.

    Args:
        isolated: True where hosts are network namespaces, which need more programs.

    Raises:
        LocalError: Names every missing program and the one command that installs them.
    """
    search = os.pathsep.join([os.environ.get("PATH", ""), "/usr/sbin", "/sbin", "/usr/bin"])
    wanted = [name for name in PACKAGES if isolated or name not in ONLY_AS_ROOT]
    paths = {name: found for name in wanted if (found := shutil.which(name, path=search))}
    missing = [f"{name} (package {PACKAGES[name]})" for name in wanted if name not in paths]
    postgres = newest_postgres(POSTGRES_ROOT)
    if postgres is None:
        missing.append(f"PostgreSQL {OLDEST_POSTGRES} or newer (package postgresql)")
    if missing or postgres is None:
        raise LocalError(
            f"not installed: {', '.join(missing)}. On Debian, `make packages` as root installs "
            "them without starting any system-wide service"
        )
    return Programs(paths=paths, postgres=postgres)


def newest_postgres(root: Path) -> Path | None:
    """The bin folder of the newest PostgreSQL server under `root`, or None."""
    majors = sorted(
        (
            int(folder.name)
            for folder in root.glob("*")
            if folder.name.isdigit() and (folder / "bin" / "initdb").exists()
        ),
        reverse=True,
    )
    usable = [major for major in majors if OLDEST_POSTGRES <= major <= NEWEST_TRIED]
    return root / str(usable[0]) / "bin" if usable else None
