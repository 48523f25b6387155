"""One security group for each part, and rules for exactly the connections of `components.traffic`."""

from __future__ import annotations

import ipaddress
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, get_args

import pulumi
from pulumi import Input, Output, ResourceOptions
from pulumi_aws import ec2, vpc

from components.tags import named
from components.traffic import CALLERS, HTTP, HTTPS, READERS, Flow, Group, flows
from setting_groups.aws.front_door import FrontDoor

DESCRIPTIONS: dict[Group, str] = {
    "door": "The load balancer",
    "service": "Tasks of the tracking service",
    "proxy": "The pooler in front of the database",
    "database": "PostgreSQL",
    "migration": "One-shot tasks that change, dump or restore the database",
    "canary": "What registers a model every minute",
    "endpoints": "Services of AWS at addresses of the VPC",
}
"""A changed description replaces the group, and with it whatever is in it."""


@dataclass(frozen=True, kw_only=True)
class SecurityGroupsArgs:
    """Args of `SecurityGroups`.

    Args:
        vpc_id: The VPC of all groups.
        vpc_cidr: Its addresses; an internal door admits them.
        front_door: Who else may come in.
        proxy: Whether a pooler stands in front of the database.
        egress: How AWS is reached.
        s3_prefix_list_id: S3's addresses, as the VPC's route tables know them.
        nat_addresses: Public addresses by zone, from which the canary comes to a door that is on
            the internet.
        tags: For every resource.
    """

    vpc_id: Input[str]
    vpc_cidr: ipaddress.IPv4Network
    front_door: FrontDoor
    proxy: bool
    egress: Literal["nat", "endpoints"]
    s3_prefix_list_id: Input[str]
    nat_addresses: Mapping[str, Input[str]]
    tags: dict[str, str]


class SecurityGroups(pulumi.ComponentResource):
    """The groups' ids, by part. None admits or sends anything that is not listed."""

    door: Output[str]
    service: Output[str]
    proxy: Output[str]
    database: Output[str]
    migration: Output[str]
    canary: Output[str]
    endpoints: Output[str]

    def __init__(
        self, name: str, args: SecurityGroupsArgs, opts: ResourceOptions | None = None
    ) -> None:
        super().__init__("mlflow-ha:aws:SecurityGroups", name, None, opts)
        self._name, self._tags = name, args.tags
        self._ids: dict[Group, Output[str]] = {
            group: self._group(group, args.vpc_id) for group in get_args(Group)
        }
        for flow in flows(proxy=args.proxy, egress=args.egress, scheme=args.front_door.scheme):
            self._let_through(flow)
        for cidr in _clients(args):
            self._admit(str(cidr), cidr_ipv4=str(cidr), port=HTTPS, who="clients")
            self._admit(str(cidr), cidr_ipv4=str(cidr), port=HTTP, who="clients, to be redirected")
        if args.front_door.scheme == "internet":
            for zone, address in args.nat_addresses.items():
                self._admit(
                    f"nat-{zone}",
                    cidr_ipv4=Output.concat(address, "/32"),
                    port=HTTPS,
                    who=f"the canary, through {zone}",
                )
        for reader in READERS:
            self._let_out(reader, "s3", prefix_list_id=args.s3_prefix_list_id)
        if args.egress == "nat":
            for caller in CALLERS:
                # AWS's addresses are in no list that a group could name (docs/adr/0014).
                self._let_out(caller, "internet", cidr_ipv4="0.0.0.0/0")
        self.door = self._ids["door"]
        self.service = self._ids["service"]
        self.proxy = self._ids["proxy"]
        self.database = self._ids["database"]
        self.migration = self._ids["migration"]
        self.canary = self._ids["canary"]
        self.endpoints = self._ids["endpoints"]
        self.register_outputs({str(group): id_ for group, id_ in self._ids.items()})

    def _group(self, group: Group, vpc_id: Input[str]) -> Output[str]:
        name = f"{self._name}-{group}"
        return ec2.SecurityGroup(
            name,
            description=DESCRIPTIONS[group],
            vpc_id=vpc_id,
            tags=named(self._tags, name),
            opts=ResourceOptions(parent=self),
        ).id

    def _let_through(self, flow: Flow) -> None:
        """Let one part speak to another: out of the one, into the other."""
        name = f"{self._name}-{flow.name}"
        description = f"{flow.source} to {flow.target}"
        vpc.SecurityGroupEgressRule(
            name,
            security_group_id=self._ids[flow.source],
            referenced_security_group_id=self._ids[flow.target],
            description=description,
            ip_protocol="tcp",
            from_port=flow.port,
            to_port=flow.port,
            tags=named(self._tags, name),
            opts=ResourceOptions(parent=self),
        )
        vpc.SecurityGroupIngressRule(
            name,
            security_group_id=self._ids[flow.target],
            referenced_security_group_id=self._ids[flow.source],
            description=description,
            ip_protocol="tcp",
            from_port=flow.port,
            to_port=flow.port,
            tags=named(self._tags, name),
            opts=ResourceOptions(parent=self),
        )

    def _admit(self, source: str, *, cidr_ipv4: Input[str], port: int, who: str) -> None:
        """Let addresses come to the door."""
        name = f"{self._name}-door-from-{source}-{port}"
        vpc.SecurityGroupIngressRule(
            name,
            security_group_id=self._ids["door"],
            cidr_ipv4=cidr_ipv4,
            description=who,
            ip_protocol="tcp",
            from_port=port,
            to_port=port,
            tags=named(self._tags, name),
            opts=ResourceOptions(parent=self),
        )

    def _let_out(
        self,
        group: Group,
        target: str,
        *,
        cidr_ipv4: Input[str] | None = None,
        prefix_list_id: Input[str] | None = None,
    ) -> None:
        """Let a part call what has no group of its own; it is always HTTPS."""
        name = f"{self._name}-{group}-to-{target}"
        vpc.SecurityGroupEgressRule(
            name,
            security_group_id=self._ids[group],
            cidr_ipv4=cidr_ipv4,
            prefix_list_id=prefix_list_id,
            description=f"{group} to {target}",
            ip_protocol="tcp",
            from_port=HTTPS,
            to_port=HTTPS,
            tags=named(self._tags, name),
            opts=ResourceOptions(parent=self),
        )


def _clients(args: SecurityGroupsArgs) -> tuple[ipaddress.IPv4Network, ...]:
    own = (args.vpc_cidr,) if args.front_door.scheme == "internal" else ()
    return tuple(dict.fromkeys((*own, *args.front_door.allowed_cidrs)))
