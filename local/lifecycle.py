"""Bring a cluster up, take it down, delete it; each may be repeated, or interrupted anywhere."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from ipaddress import IPv4Network

from local import ownership, preconditions, preparation, supervision, volume
from local.cluster import Cluster
from local.errors import ClusterError
from local.hosts import Host
from local.machine import cgroup_of, fabric_of, hosts_of
from local.services import rings
from local.site import Site
from local.state import State
from local.waiting import wait_for

Progress = Callable[[str], None]

# Clients stop before what they depend on: a database that is asked to stop waits for nobody but
# the archive of its WAL, which it reaches through the front door.
STOPPING_ORDER = (("app",), ("db",), ("lb",), ("s3", "dcs"))
STOP_WITHIN = 40.0


def up(state: State, network: IPv4Network, stack: str, progress: Progress) -> Cluster:
    """Start whatever does not run, and wait until a client can write.

    Args:
        state: The cluster's folder; what lives in it is used again.
        network: A /24 for the hosts.
        stack: Which stacks/Pulumi.<stack>.yaml holds the settings.
        progress: Told each step as it is reached.

    Raises:
        LocalError: Something stands in the way; nothing was started by half.
    """
    with state.locked():
        state.create(network, stack)
        site = state.site()
        cluster = Cluster(site=site, hosts=hosts_of(site))
        ownership.refuse_anothers(site)
        if not any(host.alive for host in cluster.hosts.values()):
            preconditions.check(site, cluster.services)
        if not state.prepared:
            _discard_unfinished_start(cluster)
        try:
            _start_or_explain(cluster, progress)
        except BaseException:
            if not state.prepared:
                _remove_from_machine(cluster)
            raise
        state.mark_prepared()
        return cluster


def _start_or_explain(cluster: Cluster, progress: Progress) -> None:
    try:
        _start(cluster, progress)
    except ClusterError as error:
        listed = "".join(f"\n  - {gap}" for gap in cluster.missing())
        logs = cluster.site.state / "hosts"
        raise ClusterError(f"{error}{listed}\nThe logs are {logs}/HOST/log") from error


def _start(cluster: Cluster, progress: Progress) -> None:
    site, within = cluster.site, cluster.site.settings.local.startup
    _boot(cluster)
    progress(f"{len(cluster.hosts)} hosts are up")
    primary = wait_for("PostgreSQL has a primary", cluster.primary, within=within)
    progress(f"PostgreSQL has a primary: {primary.name}")
    preparation.agree_on_postgres(site, primary)
    first = cluster.hosts[site.layout.names("app")[0]]
    with ThreadPoolExecutor() as pool:
        steps = (
            pool.submit(preparation.prepare_database, site, first, primary),
            pool.submit(preparation.prepare_buckets, site, within=within),
        )
        # With data from an earlier start, instances serve while the schema is still looked over.
        preparation.write_through_the_front_door(site, within=within, after=steps)
        progress("a write through the front door succeeded")
        for step in steps:
            step.result()
    progress("schema and buckets are current")
    wait_for("nothing is missing", lambda: not cluster.missing(), within=within, every=0.5)
    progress("every replica is in sync")


def _boot(cluster: Cluster) -> None:
    site = cluster.site
    ownership.claim(site)
    if site.layout.isolated:
        fabric_of(site).create()
    asleep = [host for host in cluster.hosts.values() if not _supervised(site, host)]
    if any(host.name in site.layout.names("s3") for host in asleep):
        rings.build(site)
    for host in asleep:
        host.kill()
        supervision.write_configuration(site, host.name, cluster.services[host.name])
        host.boot()


def _supervised(site: Site, host: Host) -> bool:
    """A host whose supervisor does not answer is as good as dead, and is started anew."""
    if not host.alive:
        return False
    try:
        return bool(supervision.processes(site.socket(host.name, "supervisor")))
    except OSError:
        return False


def _discard_unfinished_start(cluster: Cluster) -> None:
    """Before the first start has succeeded there is no data, only the ruins of a start."""
    _remove_from_machine(cluster)
    shutil.rmtree(cluster.site.state / "hosts", ignore_errors=True)


def down(state: State, progress: Progress) -> None:
    """Stop every service in order and leave nothing of the cluster on the machine but its data."""
    if not state.exists:
        progress(f"no cluster has been started in {state.path}")
        return
    with state.locked():
        site = state.site()
        ownership.refuse_anothers(site)
        cluster = Cluster(site=site, hosts=hosts_of(site))
        for roles in STOPPING_ORDER:
            _stop(site, [cluster.hosts[name] for role in roles for name in site.layout.names(role)])
            progress(f"stopped: {', '.join(roles)}")
        _remove_from_machine(cluster)
        progress("nothing of it is left on this machine but its data")


def clean(state: State, progress: Progress) -> None:
    """Stop the cluster and delete its data, passwords included."""
    down(state, progress)
    if state.path.exists():
        with state.locked():
            shutil.rmtree(state.path)
        progress(f"deleted {state.path}")


def _stop(site: Site, hosts: Iterable[Host]) -> None:
    living = [host for host in hosts if host.alive]
    for host in living:
        host.thaw()
        with suppress(OSError):
            supervision.stop(site.socket(host.name, "supervisor"), timeout=5)
    with suppress(ClusterError):  # whoever does not stop in time is killed afterwards
        wait_for(
            "services stop",
            lambda: not any(host.alive for host in living),
            within=STOP_WITHIN,
        )


def _remove_from_machine(cluster: Cluster) -> None:
    site = cluster.site
    if not site.layout.isolated:
        for host in cluster.hosts.values():
            host.kill()
    else:
        groups = [cgroup_of(site, name) for name in cluster.hosts]
        for group in groups:
            group.kill()
            group.remove()
        for parent in (groups[0].path.parent, groups[0].path.parent.parent):
            with suppress(OSError):  # another cluster's groups are still in it
                parent.rmdir()
        volume.unmount_all(site)
        fabric_of(site).remove()
    shutil.rmtree(site.run, ignore_errors=True)
    if site.layout.isolated:
        with suppress(OSError):
            site.run.parent.rmdir()
