"""The cluster on one machine: its object store and its addresses."""

from __future__ import annotations

import ipaddress
from typing import Annotated, Literal

from pydantic import Field

from setting_groups.frozen import Frozen, Seconds

# Every cluster gets 256 addresses: enough for ten hosts of each role.
NETWORK_PREFIX = 24
BENCHMARK_NETWORK = ipaddress.IPv4Network("198.18.0.0/15")


class Storage(Frozen):
    """The object store of the local cluster."""

    zones: Literal[3] = 3
    """One replica per zone: two of three make a write, so one zone may be lost."""
    proxies: Annotated[int, Field(ge=2, le=3)] = 2
    partition_power: Annotated[int, Field(ge=4, le=16)] = 6
    largest_object_bytes: Annotated[int, Field(ge=1 << 20)] = 5 << 30


class Local(Frozen):
    """The cluster on one machine."""

    network: ipaddress.IPv4Network = ipaddress.IPv4Network("198.18.0.0/24")
    """A /24 for the hosts, out of the range kept for benchmarks (RFC 2544)."""
    archive_timeout: Annotated[int, Field(ge=1)] = 60
    """Seconds after which a WAL segment is closed and archived, however little is in it: the most
    that a restore from the archive alone would lack."""
    startup: Seconds = 120
    """Longest wait of `make up` for the first successful write."""

    def mistakes(self) -> list[str]:
        """The network is one that no real host uses."""
        ours = self.network.subnet_of(BENCHMARK_NETWORK)
        if self.network.prefixlen != NETWORK_PREFIX or not ours:
            return [
                (
                    f"network {self.network} is not a /24 inside {BENCHMARK_NETWORK}, the range that no real "
                    "network uses (RFC 2544). Choose for instance 198.18.7.0/24"
                )
            ]
        return []
