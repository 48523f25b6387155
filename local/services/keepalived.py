"""keepalived: two front doors, one address, and whoever lives holds it."""

from __future__ import annotations

from local.layout import FRONT_DOOR_ALIVE
from local.services.rendering import render
from local.site import Service, Site

INTERFACE = "eth0"


def service(site: Site, host: str) -> Service:
    config = site.etc(host) / "keepalived.conf"
    doors = site.layout.names("lb")
    return Service(
        name="keepalived",
        kind="keepalived",
        port=None,
        command=(
            site.programs["keepalived"],
            "--dont-fork",
            "--log-console",
            f"--use-file={config}",
            f"--pid={site.run / f'{host}.keepalived.pid'}",
            f"--vrrp_pid={site.run / f'{host}.vrrp.pid'}",
        ),
        files={
            config.name: render(
                "keepalived.conf.j2",
                host=host,
                interface=INTERFACE,
                address=site.layout.address(host),
                peers=[site.layout.address(name) for name in doors if name != host],
                front_door=site.layout.front_door,
                alive_port=FRONT_DOOR_ALIVE,
                priority=150 - doors.index(host),
            )
        },
        stop_seconds=5,
        privileged=True,
    )
