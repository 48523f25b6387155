"""Swift's rings: which host holds which part of the object store, one replica in each zone."""

from __future__ import annotations

from local.services.swift import DEVICE, PORTS, RECON
from local.site import Site

# Devices are not added or removed, so the wait between two moves of a partition never matters.
MIN_PART_HOURS = 1
REPLICAS = 3


def build(site: Site) -> None:
    """Write the three rings into the etc folder of every storage host.

    The same devices in the same order always give the same ring, so a second call changes
    nothing that matters.
    """
    # Swift reads /etc/swift at import; nothing of it is needed by callers that build no rings.
    from swift.common.ring.builder import RingBuilder  # noqa: PLC0415

    hosts = site.layout.names("s3")
    for name, port in PORTS.items():
        builder = RingBuilder(site.settings.storage.partition_power, REPLICAS, MIN_PART_HOURS)
        for zone, host in enumerate(hosts, start=1):
            address = site.layout.address(host)
            builder.add_dev(
                {
                    "region": 1,
                    "zone": zone,
                    "ip": address,
                    "port": port,
                    "replication_ip": address,
                    "replication_port": port,
                    "device": DEVICE,
                    "weight": 100.0,
                }
            )
        builder.rebalance(seed=1)
        ring = builder.get_ring()
        for host in hosts:
            site.etc(host).mkdir(parents=True, exist_ok=True)
            for folder in (DEVICE, RECON):
                (site.data(host) / folder).mkdir(parents=True, exist_ok=True)
            ring.save(str(site.etc(host) / f"{name}.ring.gz"))
