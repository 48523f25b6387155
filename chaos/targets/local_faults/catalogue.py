"""Every fault of the local target, by its verb."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from chaos.target import Fault, NotPossible
from chaos.targets.local_faults.archive import ArchiveCutOff
from chaos.targets.local_faults.clock import ClockPutIn, ClockStepped
from chaos.targets.local_faults.disk import DiskFull
from chaos.targets.local_faults.freeze import HostsFrozen, HostsNapping
from chaos.targets.local_faults.kill import HostsKilled, ProcessKilled
from chaos.targets.local_faults.page import PageCorrupted
from chaos.targets.local_faults.sabotage import DOUBLE, FORGET, WriteTamperedWith
from chaos.targets.local_faults.service import RollingRestart
from chaos.targets.local_faults.slow_network import PortSlowed
from chaos.targets.local_faults.storm import ConnectionStorm
from chaos.targets.local_faults.switchover import PlannedSwitchover
from chaos.targets.local_faults.traffic import HostsTroubled
from chaos.targets.local_faults.volume import DiskLimited
from local.cluster import Cluster
from local.hosts import Host
from local.layout import FRONT_DOOR, POSTGRES
from local.observation import observe
from local.traffic import Cut, Loss

Hosts = Sequence[Host]
Maker = Callable[[Hosts], Fault]

LOSS_PERCENT = 5
"""Twenty times what is called a bad network; TCP still gets through."""
DELAY = 0.025
"""Seconds each way: the primary as if it were on another continent's coast, not in another zone."""
CROWD, CROWD_STAYS = 1000, 120.0
"""Half of what a front door takes (its maxconn is 2000), for at most two minutes."""
NAP = 12.0
"""Seconds: longer than the loss of a standby may be felt."""
CLOCK_STEP = 3600
"""Seconds ahead, as a host with a wrong time zone or a dead battery is."""


def faults(cluster: Cluster) -> Mapping[str, Maker]:
    """What can be done to hosts of `cluster`, by verb."""
    return {
        **_of_hosts(cluster),
        **_of_services(cluster),
        **_of_traffic(cluster),
        "limit the disk of": lambda hosts: DiskLimited(cluster, _one(hosts)),
        "fill the disk of": lambda hosts: DiskFull(cluster.site, _one(hosts)),
        "forget a write on": lambda hosts: WriteTamperedWith(
            "forget", cluster, _one(hosts), FORGET
        ),
        "double a write on": lambda hosts: WriteTamperedWith(
            "double", cluster, _one(hosts), DOUBLE
        ),
        "corrupt a page of": lambda hosts: PageCorrupted(cluster, _one(hosts)),
        "put a clock into": lambda hosts: ClockPutIn(cluster.site, _one(hosts)),
        "step the clock of": lambda hosts: ClockStepped(cluster.site, _one(hosts), CLOCK_STEP),
    }


def _of_hosts(cluster: Cluster) -> Mapping[str, Maker]:
    return {
        "kill": HostsKilled,
        "freeze": lambda hosts: HostsFrozen(hosts, lambda asked: _answering(cluster, asked)),
        "let nap": lambda hosts: HostsNapping(
            hosts, lambda asked: _answering(cluster, asked), seconds=NAP
        ),
        "switch over": lambda hosts: PlannedSwitchover(cluster, _one(hosts)),
    }


def _of_services(cluster: Cluster) -> Mapping[str, Maker]:
    return {
        "crash": lambda hosts: _postmaster(cluster, _one(hosts)),
        "shoot the pooler of": lambda hosts: _process(cluster, _one(hosts), "pgbouncer"),
        "shoot the balancer of": lambda hosts: _process(cluster, _one(hosts), "haproxy"),
        "restart": lambda hosts: RollingRestart(cluster, hosts, "mlflow", cluster.restart),
        "storm": lambda _hosts: ConnectionStorm(
            cluster.site.layout.front_door, FRONT_DOOR, clients=CROWD, seconds=CROWD_STAYS
        ),
    }


def _of_traffic(cluster: Cluster) -> Mapping[str, Maker]:
    def without(role: str) -> Maker:
        def cut(hosts: Hosts) -> Fault:
            mine = {host.name for host in hosts}
            peers = [name for name in cluster.site.layout.names(role) if name not in mine]
            addresses = tuple(cluster.hosts[name].address for name in peers)
            what = f"cut {', '.join(peers)} off from"
            return HostsTroubled(what, hosts, Cut(peers=addresses))

        return cut

    def slowed(hosts: Hosts) -> Fault:
        host = _one(hosts)
        log = cluster.site.log(host.name) / "slow_proxy.log"
        return PortSlowed(host, POSTGRES, seconds=DELAY, log=log)

    return {
        "isolate": lambda hosts: HostsTroubled("isolate", hosts, Cut()),
        "deafen": lambda hosts: HostsTroubled("deafen", hosts, Cut(is_heard=True)),
        "mute": lambda hosts: HostsTroubled("mute", hosts, Cut(hears=True)),
        "cut the standbys off from": without("db"),
        "cut etcd off from": without("dcs"),
        "cut the archive off from": lambda hosts: ArchiveCutOff(cluster, _one(hosts)),
        "lose packets of": lambda hosts: HostsTroubled(
            f"lose {LOSS_PERCENT} % of all packets of", hosts, Loss(percent=LOSS_PERCENT)
        ),
        "slow down": slowed,
    }


def _one(hosts: Hosts) -> Host:
    if len(hosts) != 1:
        raise NotPossible(
            f"{len(hosts)} hosts play that role, and this is done to one. Correct the drill"
        )
    return hosts[0]


def _postmaster(cluster: Cluster, host: Host) -> Fault:
    return ProcessKilled("postmaster", host.name, cluster.postmaster_pid(host))


def _process(cluster: Cluster, host: Host, service: str) -> Fault:
    return ProcessKilled(service, host.name, cluster.service_pid(host, service))


def _answering(cluster: Cluster, hosts: Hosts) -> list[str]:
    """Only these are asked: a drill must not wait for every other host that hangs as well."""
    seen = observe(cluster.site, {host.name: host for host in hosts})
    return [name for name, host in seen.items() if host.processes]
