"""The hosts of a cluster, made of whatever this machine offers."""

from __future__ import annotations

from local import cgroups, supervision
from local.cgroups import Cgroup
from local.hosts import Host
from local.isolated import IsolatedHost
from local.loopback import LoopbackHost
from local.namespaces import Fabric
from local.site import Site

CGROUP_PARENT = "mlflow-ha"


def fabric_of(site: Site) -> Fabric:
    return Fabric(site.layout, site.programs)


def cgroup_of(site: Site, host: str) -> Cgroup:
    return Cgroup(cgroups.hierarchy() / CGROUP_PARENT / site.layout.identity / host)


def hosts_of(site: Site) -> dict[str, Host]:
    """Handles on all hosts; whether they live is another question."""
    return {name: _host(site, name) for name in site.layout.hosts}


def _host(site: Site, name: str) -> Host:
    boot = supervision.command(site.etc(name) / "supervisord.conf")
    log = site.log(name) / "boot.log"
    if site.layout.isolated:
        return IsolatedHost(name, fabric_of(site), cgroup_of(site, name), boot, log)
    return LoopbackHost(name, site.layout.address(name), boot, log)
