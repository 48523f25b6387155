"""OpenStack Swift: an object store with one replica in each of three zones, spoken to as S3."""

from __future__ import annotations

import os
import pwd
from pathlib import Path

from local.buckets import artifacts, wal
from local.layout import (
    SWIFT_ACCOUNT,
    SWIFT_CONTAINER,
    SWIFT_OBJECT,
    SWIFT_PROXY,
    SWIFT_RSYNC,
)
from local.services.rendering import render
from local.site import NOBODY, Service, Site

DEVICE, RECON = "disk", "recon"
LAUNCHER = Path(__file__).with_name("swift_launch.py")
PORTS = {"account": SWIFT_ACCOUNT, "container": SWIFT_CONTAINER, "object": SWIFT_OBJECT}


def proxy_hosts(site: Site) -> list[str]:
    return site.layout.names("s3")[: site.settings.storage.proxies]


def services(site: Site, host: str) -> list[Service]:
    """Storage servers and their replicators; on the first hosts also a proxy."""
    found = [_server(site, host, ring) for ring in PORTS]
    found += [_replicator(site, host, ring) for ring in PORTS]
    found.append(_rsync(site, host))
    if host in proxy_hosts(site):
        found.append(_proxy(site, host))
    return found


def _server(site: Site, host: str, ring: str) -> Service:
    return Service(
        name=f"swift-{ring}",
        kind="object-store",
        port=PORTS[ring],
        command=_command(site, host, f"swift-{ring}-server", f"{ring}.conf"),
        files={
            f"{ring}.conf": render(
                "swift-storage.conf.j2",
                ring=ring,
                address=site.layout.address(host),
                port=PORTS[ring],
                rsync_port=SWIFT_RSYNC,
                swift_dir=site.etc(host),
                devices=site.data(host),
                recon=site.data(host) / RECON,
                user=_user(site),
            ),
            "swift.conf": _common(site),
        },
        stop_seconds=5,
    )


def _replicator(site: Site, host: str, ring: str) -> Service:
    return Service(
        name=f"swift-{ring}-replicator",
        kind="object-store",
        port=None,
        command=_command(site, host, f"swift-{ring}-replicator", f"{ring}.conf"),
        stop_seconds=5,
    )


def _rsync(site: Site, host: str) -> Service:
    config = site.etc(host) / "rsyncd.conf"
    return Service(
        name="swift-rsync",
        kind="object-store",
        port=SWIFT_RSYNC,
        command=(site.programs["rsync"], "--daemon", "--no-detach", f"--config={config}"),
        files={
            config.name: render(
                "rsyncd.conf.j2",
                address=site.layout.address(host),
                port=SWIFT_RSYNC,
                allowed=[site.layout.address(name) for name in site.layout.names("s3")],
                devices=site.data(host),
                rings=list(PORTS),
            )
        },
        stop_seconds=5,
    )


def _proxy(site: Site, host: str) -> Service:
    config = site.etc(host) / "proxy.conf"
    return Service(
        name="swift-proxy",
        kind="object-store",
        port=SWIFT_PROXY,
        command=_command(site, host, "swift-proxy-server", config.name),
        files={
            config.name: render(
                "swift-proxy.conf.j2",
                address=site.layout.address(host),
                port=SWIFT_PROXY,
                swift_dir=site.etc(host),
                buckets=[artifacts(site), wal(site)],
                runs_as=_user(site),
            )
        },
        stop_seconds=5,
    )


def _command(site: Site, host: str, program: str, config: str) -> tuple[str, ...]:
    etc = site.etc(host)
    # -P: this folder's swift.py must not stand in the way of the real one.
    return (site.python, "-P", str(LAUNCHER), str(etc), program, str(etc / config))


def _user(site: Site) -> str:
    """Whom Swift's programs find themselves to be; they insist on becoming somebody by name."""
    return pwd.getpwuid(NOBODY if site.layout.isolated else os.geteuid()).pw_name


def _common(site: Site) -> str:
    return render(
        "swift.conf.j2",
        hash_suffix=site.passwords.object_store_hash,
        largest_object=site.settings.storage.largest_object_bytes,
    )
