"""The VPC: its zones, its addresses, and how its private parts reach AWS."""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass
from typing import Annotated, Literal

from pydantic import Field

from setting_groups.frozen import Frozen

# A quarter of the VPC for each tier and one in reserve, a quarter of that for each zone.
_QUARTER = 2
SMALLEST_PREFIX, LARGEST_PREFIX = 16, 22
"""AWS allows a VPC of /16 to /28. Below /22 a zone's public subnet is smaller than the /27 with
eight free addresses that a load balancer needs, once deployments have doubled what is in it."""
_PRIVATE = tuple(
    ipaddress.IPv4Network(text) for text in ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16")
)
"""RFC 1918."""

ENDPOINT_SERVICES = ("ecr.api", "ecr.dkr", "logs", "secretsmanager")
"""What is called from inside the VPC: a starting task fetches its image (whose layers come from S3,
which has a gateway), its secrets and opens its log; the canary asks for its password. Fargate speaks
to ECS, and Lambda to its log, over interfaces of their own. The canary's metrics are lines of its
log, tasks get credentials without STS, and nobody opens a shell in them (ssmmessages), since their
root file system is read-only.
https://docs.aws.amazon.com/AmazonECS/latest/developerguide/vpc-endpoints.html"""

Zone = Annotated[str, Field(pattern=r"^[a-z]{2}(-[a-z]+)+-\d[a-z]$")]
Tier = Literal["public", "private", "isolated"]
TIERS: tuple[Tier, ...] = ("public", "private", "isolated")


@dataclass(frozen=True)
class Subnet:
    """One planned subnet: where it is and which addresses it has."""

    tier: Tier
    zone: str
    cidr: ipaddress.IPv4Network


class Network(Frozen):
    """The VPC of one environment."""

    cidr: ipaddress.IPv4Network = ipaddress.IPv4Network("10.20.0.0/16")
    zones: Annotated[tuple[Zone, ...], Field(min_length=2, max_length=4)]
    peered_cidrs: tuple[ipaddress.IPv4Network, ...] = ()
    """Networks this VPC is, or will be, connected to: none may overlap it."""
    egress: Literal["nat", "endpoints"] = "endpoints"
    """How tasks reach AWS. `endpoints` costs an address per service and zone and reaches AWS only;
    `nat` costs a gateway per zone and lets tasks out to 0.0.0.0/0 on port 443 (docs/adr/0014)."""
    nat_gateways: Literal["one", "per_zone"] = "per_zone"
    """With `egress: nat`. One gateway is one zone whose loss takes all new tasks with it."""
    flow_log_days: Literal[1, 3, 5, 7, 14, 30, 60, 90, 180, 365] = 30

    @property
    def subnets(self) -> tuple[Subnet, ...]:
        """Every subnet, tier by tier, zone by zone; a zone that is added later moves none."""
        quarters = list(self.cidr.subnets(_QUARTER))
        return tuple(
            Subnet(tier, zone, cidr)
            for tier, quarter in zip(TIERS, quarters, strict=False)
            for zone, cidr in zip(self.zones, quarter.subnets(_QUARTER), strict=False)
        )

    @property
    def nat_zones(self) -> tuple[str, ...]:
        """Zones that have a NAT gateway."""
        if self.egress == "endpoints":
            return ()
        return self.zones if self.nat_gateways == "per_zone" else self.zones[:1]

    def mistakes(self) -> list[str]:
        """Addresses suffice, are private and nobody else's; zones are told apart."""
        broken = []
        if not SMALLEST_PREFIX <= self.cidr.prefixlen <= LARGEST_PREFIX:
            wide = self.cidr.supernet(new_prefix=min(self.cidr.prefixlen, SMALLEST_PREFIX))
            broken.append(
                f"cidr {self.cidr}: must be /{SMALLEST_PREFIX} to /{LARGEST_PREFIX}, so that three "
                f"tiers in up to four zones have room. Use for instance "
                f"{wide.network_address}/{SMALLEST_PREFIX}"
            )
        if not any(self.cidr.subnet_of(private) for private in _PRIVATE):
            broken.append(f"cidr {self.cidr}: is not private (RFC 1918). Use one inside 10.0.0.0/8")
        broken += [
            f"cidr {self.cidr}: overlaps peered_cidrs {other}; their addresses could not be told "
            "apart. Choose another cidr"
            for other in self.peered_cidrs
            if other.overlaps(self.cidr)
        ]
        if len(set(self.zones)) < len(self.zones):
            broken.append(f"zones {', '.join(self.zones)}: one is named twice. Name each once")
        return broken
