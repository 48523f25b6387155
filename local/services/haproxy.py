"""HAProxy in both of its places: the front door, and beside each MLflow."""

from __future__ import annotations

from math import ceil

from local.layout import (
    FRONT_DOOR,
    FRONT_DOOR_ALIVE,
    FRONT_DOOR_OBJECTS,
    MLFLOW,
    PATRONI,
    POSTGRES,
    SWIFT_PROXY,
)
from local.services.rendering import render
from local.services.swift import proxy_hosts
from local.site import Service, Site


def front_door(site: Site, host: str) -> Service:
    """Spreads clients over MLflow instances and object-store proxies; gives requests their id."""
    layout, tracking = site.layout, site.settings.tracking
    configuration = render(
        "haproxy-front-door.cfg.j2",
        admin_socket=site.socket(host, "haproxy"),
        address=layout.address(host),
        front_door=layout.front_door,
        port=FRONT_DOOR,
        alive_port=FRONT_DOOR_ALIVE,
        instances=[(name, layout.address(name)) for name in layout.names("app")],
        mlflow_port=MLFLOW,
        object_port=FRONT_DOOR_OBJECTS,
        swift_port=SWIFT_PROXY,
        object_proxies=[(name, layout.address(name)) for name in proxy_hosts(site)],
        failover=site.settings.failover,
        # An instance that is back is in rotation after one check.
        retry_after=ceil(site.settings.failover.check_interval_ms / 1000),
        client_timeout=tracking.client_timeout,
    )
    return _service(site, host, configuration, port=FRONT_DOOR)


def beside_mlflow(site: Site, host: str) -> Service:
    """Leads to whichever node Patroni calls primary."""
    layout = site.layout
    configuration = render(
        "haproxy-beside-mlflow.cfg.j2",
        admin_socket=site.socket(host, "haproxy"),
        address=layout.address(host),
        postgres_port=POSTGRES,
        patroni_port=PATRONI,
        nodes=[(name, layout.address(name)) for name in layout.names("db")],
        failover=site.settings.failover,
        connections=site.settings.tracking.connections_per_instance,
    )
    return _service(site, host, configuration, port=POSTGRES)


def _service(site: Site, host: str, configuration: str, *, port: int) -> Service:
    config = site.etc(host) / "haproxy.cfg"
    return Service(
        name="haproxy",
        kind="haproxy",
        port=port,
        # -db: stay in the foreground, whatever the file says.
        command=(site.programs["haproxy"], "-db", "-f", str(config)),
        files={config.name: configuration},
        stop_seconds=5,
    )
