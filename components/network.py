"""The VPC: three tiers of subnets over the zones, and the ways in and out that are asked for."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import pulumi
from pulumi import Input, Output, ResourceOptions
from pulumi_aws import ec2

from components.flow_logs import FlowLogs, FlowLogsArgs
from components.perimeter import own_buckets
from components.tags import named
from setting_groups.aws import network as plan

ANYWHERE = "0.0.0.0/0"


@dataclass(frozen=True, kw_only=True)
class NetworkArgs:
    """Args of `Network`.

    Args:
        network: The planned addresses.
        nat_zones: Zones that get a NAT gateway. Private subnets of the others use the first.
        internet_door: Whether a load balancer is reached from the internet.
        log_key_arn: The key of the flow logs.
        account_id: The account whose identities and buckets pass S3's endpoint.
        region: Where the VPC is.
        tags: For every resource.
    """

    network: plan.Network
    nat_zones: tuple[str, ...]
    internet_door: bool
    log_key_arn: Input[str]
    account_id: Input[str]
    region: str
    tags: dict[str, str]


class Network(pulumi.ComponentResource):
    """A VPC whose parts reach no more than they need.

    Public subnets hold load balancers and NAT gateways, private ones tasks, isolated ones databases.
    Without NAT gateways and without a door on the internet there is no way out at all. S3 is always
    reached through a gateway, which costs nothing.
    """

    vpc_id: Output[str]
    public_subnet_ids: dict[str, Output[str]]
    private_subnet_ids: dict[str, Output[str]]
    isolated_subnet_ids: dict[str, Output[str]]
    nat_addresses: dict[str, Output[str]]
    nat_gateway_ids: list[Output[str]]
    s3_prefix_list_id: Output[str]

    def __init__(self, name: str, args: NetworkArgs, opts: ResourceOptions | None = None) -> None:
        super().__init__("mlflow-ha:aws:Network", name, None, opts)
        self._name, self._tags, self._child = name, args.tags, ResourceOptions(parent=self)
        self.vpc_id = ec2.Vpc(
            name,
            cidr_block=str(args.network.cidr),
            enable_dns_support=True,
            enable_dns_hostnames=True,
            tags=named(args.tags, name),
            opts=self._child,
        ).id
        # The group that comes with a VPC lets its members speak; adopted, it lets nothing through.
        ec2.DefaultSecurityGroup(
            f"{name}-default",
            vpc_id=self.vpc_id,
            tags=named(args.tags, f"{name}-default-unused"),
            opts=self._child,
        )
        self.public_subnet_ids = self._subnets(args.network, "public")
        self.private_subnet_ids = self._subnets(args.network, "private")
        self.isolated_subnet_ids = self._subnets(args.network, "isolated")

        public = self._table("public", "public", self.public_subnet_ids)
        self._table("isolated", "isolated", self.isolated_subnet_ids)
        private = {
            zone: self._table(f"private-{zone}", "private", {zone: subnet_id})
            for zone, subnet_id in self.private_subnet_ids.items()
        }
        if args.internet_door or args.nat_zones:
            internet = self._open(public)
            gateways = {zone: self._nat(zone, internet) for zone in args.nat_zones}
        else:
            gateways = {}
        if gateways:
            self.private_subnet_ids = self._lead_out(private, gateways)
        self.nat_addresses = {zone: gateway.public_ip for zone, gateway in gateways.items()}
        self.nat_gateway_ids = [gateway.id for gateway in gateways.values()]
        self.s3_prefix_list_id = self._s3(private.values(), args)
        FlowLogs(
            f"{name}-flow",
            FlowLogsArgs(
                vpc_id=self.vpc_id,
                days=args.network.flow_log_days,
                log_key_arn=args.log_key_arn,
                account_id=args.account_id,
                region=args.region,
                tags=args.tags,
            ),
            self._child,
        )
        self.register_outputs({"vpc_id": self.vpc_id})

    def _subnets(self, network: plan.Network, tier: plan.Tier) -> dict[str, Output[str]]:
        return {
            subnet.zone: ec2.Subnet(
                f"{self._name}-{tier}-{subnet.zone}",
                vpc_id=self.vpc_id,
                cidr_block=str(subnet.cidr),
                availability_zone=subnet.zone,
                map_public_ip_on_launch=False,
                tags=named(self._tags, f"{self._name}-{tier}-{subnet.zone}"),
                opts=self._child,
            ).id
            for subnet in network.subnets
            if subnet.tier == tier
        }

    def _table(
        self, role: str, tier: plan.Tier, subnet_ids: dict[str, Output[str]]
    ) -> ec2.RouteTable:
        """Give subnets a table of their own, which knows the way inside the VPC only."""
        table = ec2.RouteTable(
            f"{self._name}-{role}",
            vpc_id=self.vpc_id,
            tags=named(self._tags, f"{self._name}-{role}"),
            opts=self._child,
        )
        for zone, subnet_id in subnet_ids.items():
            ec2.RouteTableAssociation(
                f"{self._name}-{tier}-{zone}",
                route_table_id=table.id,
                subnet_id=subnet_id,
                opts=self._child,
            )
        return table

    def _open(self, public: ec2.RouteTable) -> ec2.InternetGateway:
        """Connect the public subnets to the internet."""
        internet = ec2.InternetGateway(
            self._name,
            vpc_id=self.vpc_id,
            tags=named(self._tags, self._name),
            opts=self._child,
        )
        ec2.Route(
            f"{self._name}-public",
            route_table_id=public.id,
            destination_cidr_block=ANYWHERE,
            gateway_id=internet.id,
            opts=self._child,
        )
        return internet

    def _lead_out(
        self, private: dict[str, ec2.RouteTable], gateways: dict[str, ec2.NatGateway]
    ) -> dict[str, Output[str]]:
        """Send each zone through its own gateway, or through the first if it has none.

        Returns:
            The private subnets, known once they have their way out.
        """
        first = next(iter(gateways.values()))
        connected = {}
        for zone, table in private.items():
            route = ec2.Route(
                f"{self._name}-private-{zone}",
                route_table_id=table.id,
                destination_cidr_block=ANYWHERE,
                nat_gateway_id=gateways.get(zone, first).id,
                opts=self._child,
            )
            connected[zone] = Output.all(self.private_subnet_ids[zone], route.id).apply(
                lambda both: str(both[0])
            )
        return connected

    def _nat(self, zone: str, internet: ec2.InternetGateway) -> ec2.NatGateway:
        name = f"{self._name}-nat-{zone}"
        address = ec2.Eip(name, domain="vpc", tags=named(self._tags, name), opts=self._child)
        return ec2.NatGateway(
            name,
            allocation_id=address.allocation_id,
            subnet_id=self.public_subnet_ids[zone],
            tags=named(self._tags, name),
            # AWS refuses a public gateway in a VPC that is not connected yet.
            opts=ResourceOptions(parent=self, depends_on=[internet]),
        )

    def _s3(self, tables: Iterable[ec2.RouteTable], args: NetworkArgs) -> Output[str]:
        return ec2.VpcEndpoint(
            f"{self._name}-s3",
            vpc_id=self.vpc_id,
            service_name=f"com.amazonaws.{args.region}.s3",
            vpc_endpoint_type="Gateway",
            route_table_ids=[table.id for table in tables],
            policy=own_buckets(args.account_id, args.region),
            tags=named(self._tags, f"{self._name}-s3"),
            opts=self._child,
        ).prefix_list_id
