"""Which services run on which host."""

from __future__ import annotations

from local.services import etcd, haproxy, keepalived, mlflow, patroni, pgbouncer, swift
from local.site import Service, Site


def services(site: Site, host: str) -> list[Service]:
    """The services of one host, in the order in which they are started."""
    role = host.rsplit("-", 1)[0]
    if role == "dcs":
        return [etcd.service(site, host)]
    if role == "db":
        return [patroni.service(site, host)]
    if role == "app":
        return [
            haproxy.beside_mlflow(site, host),
            pgbouncer.service(site, host),
            mlflow.service(site, host),
        ]
    if role == "lb":
        door = [haproxy.front_door(site, host)]
        return [*door, keepalived.service(site, host)] if site.layout.isolated else door
    if role == "s3":
        return swift.services(site, host)
    raise ValueError(f"no services are known for host {host!r}")
