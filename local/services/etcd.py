"""etcd, where Patroni keeps the leader's lease: on hosts of its own.

A frozen database host must not freeze the etcd leader with it, and pre-vote keeps a member that
returns from a partition from unseating a healthy leader.
"""

from __future__ import annotations

import platform

from local.layout import ETCD_CLIENT, ETCD_PEER
from local.site import Service, Site


def service(site: Site, host: str) -> Service:
    here = site.layout.address(host)
    members = ",".join(
        f"{name}=http://{site.layout.address(name)}:{ETCD_PEER}"
        for name in site.layout.names("dcs")
    )
    # etcd's own switch for platforms its authors do not test on.
    unsupported = {"ETCD_UNSUPPORTED_ARCH": "arm64"} if platform.machine() == "aarch64" else {}
    return Service(
        name="etcd",
        kind="etcd",
        port=ETCD_CLIENT,
        command=(
            site.programs["etcd"],
            f"--name={host}",
            f"--data-dir={site.data(host) / 'etcd'}",
            f"--listen-client-urls=http://{here}:{ETCD_CLIENT}",
            f"--advertise-client-urls=http://{here}:{ETCD_CLIENT}",
            f"--listen-peer-urls=http://{here}:{ETCD_PEER}",
            f"--initial-advertise-peer-urls=http://{here}:{ETCD_PEER}",
            f"--initial-cluster={members}",
            f"--initial-cluster-token={site.layout.identity}",
            "--pre-vote=true",
            "--auto-compaction-retention=1",
            "--log-outputs=stderr",
            "--logger=zap",
        ),
        environment=unsupported,
        stop_seconds=5,
    )
