"""What must hold before anything is started, checked all at once."""

from __future__ import annotations

import shutil
import socket
import subprocess
import sys
from collections.abc import Mapping, Sequence

from local.errors import LocalError
from local.site import Service, Site
from local.supervision import UNPRIVILEGED

# WAL of three nodes (1 GB each at most), three copies of the artifacts, and room to recover.
DISK_NEEDED = 3 << 30


def check(site: Site, services: Mapping[str, Sequence[Service]]) -> None:
    """Refuse to start on a machine where it cannot end well.

    Raises:
        LocalError: Names everything that stands in the way, each with its remedy.
    """
    found = [*_system(), *_disk(site)]
    found += _user_namespaces() if site.layout.isolated else _ports(site, services)
    if found:
        raise LocalError("cannot start:\n" + "\n".join(f"  - {line}" for line in found))


def _join(*sentences: str) -> str:
    return " ".join(sentences)


def _system() -> list[str]:
    if sys.platform == "linux":
        return []
    return [
        _join(
            f"this is {sys.platform}, and the cluster needs Linux.",
            "Run it in a privileged debian:12 container (see the README)",
        )
    ]


def _user_namespaces() -> list[str]:
    """Services run in one each, so that they have none of root's powers."""
    tried = subprocess.run([*UNPRIVILEGED, "true"], capture_output=True, text=True, check=False)
    if tried.returncode == 0:
        return []
    return [
        _join(
            f"root cannot make user namespaces here ({tried.stderr.strip()}), and services run in "
            "one each. In a chroot the kernel refuses them: use a container or a machine; in a "
            "container: --privileged. Or run as another user, without namespaces",
        )
    ]


def _disk(site: Site) -> list[str]:
    free = shutil.disk_usage(site.state).free
    if free >= DISK_NEEDED:
        return []
    return [
        _join(
            f"{free / 2**30:.1f} GiB are free in {site.state}, {DISK_NEEDED / 2**30:.0f} are needed.",
            "Free some, or set MLFLOW_HA_STATE to a folder on a larger disk",
        )
    ]


def _ports(site: Site, services: Mapping[str, Sequence[Service]]) -> list[str]:
    """Without root the hosts share this machine's ports, which somebody else may hold."""
    busy = []
    for host, expected in services.items():
        for service in expected:
            address = site.layout.address(host), service.port or 0
            with socket.socket() as probe:
                probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                try:
                    probe.bind(address)
                except OSError as error:
                    busy.append(
                        f"{address[0]}:{address[1]}, wanted by {service.name} on {host}: "
                        f"{error.strerror}. End what listens there, or choose another "
                        "--network (the front door stays at 127.0.0.1:5000)"
                    )
    return busy
