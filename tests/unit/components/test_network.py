"""The VPC has the ways out it is asked for, and by default none; endpoints pass only our own."""

import json
from collections.abc import Callable
from typing import Any

import pulumi
import pytest

from components.interface_endpoints import InterfaceEndpoints, InterfaceEndpointsArgs
from components.network import Network, NetworkArgs
from setting_groups.aws import network as plan
from setting_groups.aws.network import ENDPOINT_SERVICES

ACCOUNT = "123456789012"
ZONES = ("us-east-1a", "us-east-1b", "us-east-1c")
ROUTE = "aws:ec2/route:Route"
ENDPOINT = "aws:ec2/vpcEndpoint:VpcEndpoint"


@pytest.fixture
def network(recorded: Callable[..., Any]) -> Callable[..., Any]:
    def make(*, internet_door: bool = False, nat_zones: tuple[str, ...] = ()) -> Any:
        args = NetworkArgs(
            network=plan.Network(zones=ZONES),
            nat_zones=nat_zones,
            internet_door=internet_door,
            log_key_arn="arn:aws:kms:us-east-1:123456789012:key/logs",
            account_id=ACCOUNT,
            region="us-east-1",
            tags={},
        )
        return recorded(lambda: Network("net", args))

    return make


def destinations(seen: Any) -> dict[str, str]:
    return {route.name: route.inputs["destinationCidrBlock"] for route in seen.of(ROUTE)}


def test_every_tier_has_a_subnet_in_every_zone_and_none_gives_public_addresses(
    network: Callable[..., Any],
) -> None:
    subnets = network().of("aws:ec2/subnet:Subnet")
    assert {subnet.name for subnet in subnets} == {
        f"net-{tier}-{zone}" for tier in plan.TIERS for zone in ZONES
    }
    assert not any(subnet.inputs["mapPublicIpOnLaunch"] for subnet in subnets)
    assert len({subnet.inputs["cidrBlock"] for subnet in subnets}) == 9


def test_every_subnet_has_exactly_one_route_table(network: Callable[..., Any]) -> None:
    joined = network().of("aws:ec2/routeTableAssociation:RouteTableAssociation")
    assert sorted(each.inputs["subnetId"] for each in joined) == sorted(
        f"net-{tier}-{zone}-id" for tier in plan.TIERS for zone in ZONES
    )


def test_by_default_there_is_no_way_out_at_all(network: Callable[..., Any]) -> None:
    seen = network()
    assert not seen.of(ROUTE)
    assert not seen.of("aws:ec2/internetGateway:InternetGateway")
    assert not seen.of("aws:ec2/natGateway:NatGateway")


def test_a_door_on_the_internet_opens_the_public_subnets_only(
    network: Callable[..., Any],
) -> None:
    seen = network(internet_door=True)
    assert destinations(seen) == {"net-public": "0.0.0.0/0"}
    assert not seen.of("aws:ec2/natGateway:NatGateway")


def test_each_zone_goes_out_through_its_own_gateway(network: Callable[..., Any]) -> None:
    seen = network(nat_zones=ZONES)
    ways = {r.name: r.inputs.get("natGatewayId") for r in seen.of(ROUTE)}
    assert ways == {
        "net-public": None,
        **{f"net-private-{zone}": f"net-nat-{zone}-id" for zone in ZONES},
    }


def test_with_one_gateway_every_zone_goes_through_it(network: Callable[..., Any]) -> None:
    seen = network(nat_zones=ZONES[:1])
    ways = {r.inputs["natGatewayId"] for r in seen.of(ROUTE) if "private" in r.name}
    assert ways == {f"net-nat-{ZONES[0]}-id"}
    assert len(seen.of(ROUTE)) == 4


@pytest.mark.parametrize("nat_zones", [(), ZONES])
def test_isolated_subnets_never_lead_out(
    network: Callable[..., Any], nat_zones: tuple[str, ...]
) -> None:
    seen = network(internet_door=True, nat_zones=nat_zones)
    assert all(r.inputs["routeTableId"] != "net-isolated-id" for r in seen.of(ROUTE))


def test_s3_is_reached_from_private_subnets_for_own_identities_and_own_buckets(
    network: Callable[..., Any],
) -> None:
    (gateway,) = network().of(ENDPOINT)
    own, layers = json.loads(gateway.inputs["policy"])["Statement"]
    assert set(gateway.inputs["routeTableIds"]) == {f"net-private-{zone}-id" for zone in ZONES}
    assert own["Condition"]["StringEquals"] == {
        "aws:PrincipalAccount": ACCOUNT,
        "aws:ResourceAccount": ACCOUNT,
    }
    assert layers["Action"] == ["s3:GetObject"]
    assert layers["Resource"] == ["arn:aws:s3:::prod-us-east-1-starport-layer-bucket/*"]


def test_the_default_security_group_lets_nothing_through(network: Callable[..., Any]) -> None:
    (adopted,) = network().of("aws:ec2/defaultSecurityGroup:DefaultSecurityGroup")
    assert not {"ingress", "egress"} & set(adopted.inputs)


def test_all_traffic_is_logged_encrypted_and_for_the_days_that_were_asked(
    network: Callable[..., Any],
) -> None:
    seen = network()
    (log,) = seen.of("aws:ec2/flowLog:FlowLog")
    (group,) = seen.of("aws:cloudwatch/logGroup:LogGroup")
    assert log.inputs["trafficType"] == "ALL"
    assert group.inputs["kmsKeyId"].endswith("key/logs")
    assert group.inputs["retentionInDays"] == 30


def test_every_endpoint_is_in_every_zone_and_passes_own_identities_only(
    recorded: Callable[..., Any],
) -> None:
    args = InterfaceEndpointsArgs(
        vpc_id="vpc",
        subnet_ids={zone: f"subnet-{zone}" for zone in ZONES},
        security_group_id="sg",
        account_id=ACCOUNT,
        region="us-east-1",
        tags={},
    )
    given: dict[str, str] = {}

    def program() -> None:
        made = InterfaceEndpoints("to-aws", args)
        pulumi.Output.all(**made.subnet_ids).apply(given.update)

    endpoints = recorded(program).of(ENDPOINT)
    assert {each.inputs["serviceName"] for each in endpoints} == {
        f"com.amazonaws.us-east-1.{service}" for service in ENDPOINT_SERVICES
    }
    for each in endpoints:
        (only,) = json.loads(each.inputs["policy"])["Statement"]
        assert only["Condition"] == {"StringEquals": {"aws:PrincipalAccount": ACCOUNT}}
        assert each.inputs["privateDnsEnabled"] is True
        assert each.inputs["subnetIds"] == list(args.subnet_ids.values())
    assert given == args.subnet_ids
