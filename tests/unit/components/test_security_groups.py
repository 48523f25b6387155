"""Between the parts only the planned connections are possible, and only where both ends allow them."""

import ipaddress
from collections.abc import Callable
from typing import Any, Literal

import pytest

from components.security_groups import SecurityGroups, SecurityGroupsArgs
from components.traffic import CALLERS, flows
from setting_groups.aws.front_door import FrontDoor

OWN = ipaddress.IPv4Network("10.22.0.0/16")
OFFICE = "203.0.113.0/24"
INGRESS = "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule"
EGRESS = "aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule"


@pytest.fixture
def groups(recorded: Callable[..., Any]) -> Callable[..., Any]:
    def make(
        *,
        proxy: bool = True,
        egress: Literal["nat", "endpoints"] = "endpoints",
        scheme: Literal["internal", "internet"] = "internal",
        allowed: tuple[str, ...] = (),
    ) -> Any:
        args = SecurityGroupsArgs(
            vpc_id="vpc",
            vpc_cidr=OWN,
            front_door=FrontDoor(
                domain="mlflow.example.com",
                zone_id="Z0123456789",
                scheme=scheme,
                allowed_cidrs=tuple(ipaddress.IPv4Network(cidr) for cidr in allowed),
            ),
            proxy=proxy,
            egress=egress,
            s3_prefix_list_id="pl-s3",
            nat_addresses={"us-east-1a": "198.51.100.7"} if egress == "nat" else {},
            tags={},
        )
        return recorded(lambda: SecurityGroups("sg", args))

    return make


def between_groups(seen: Any, kind: str) -> set[tuple[str, str, int]]:
    """Owner, other end and port of each rule that names another group."""
    return {
        (
            rule.inputs["securityGroupId"],
            rule.inputs["referencedSecurityGroupId"],
            int(rule.inputs["fromPort"]),
        )
        for rule in seen.of(kind)
        if "referencedSecurityGroupId" in rule.inputs
    }


def let_in(seen: Any) -> set[tuple[str, int]]:
    return {
        (rule.inputs["cidrIpv4"], int(rule.inputs["fromPort"]))
        for rule in seen.of(INGRESS)
        if "cidrIpv4" in rule.inputs
    }


@pytest.mark.parametrize("proxy", [True, False])
@pytest.mark.parametrize("egress", ["nat", "endpoints"])
@pytest.mark.parametrize("scheme", ["internal", "internet"])
def test_what_one_group_sends_the_other_admits_and_the_reverse(
    groups: Callable[..., Any],
    *,
    proxy: bool,
    egress: Literal["nat", "endpoints"],
    scheme: Literal["internal", "internet"],
) -> None:
    seen = groups(proxy=proxy, egress=egress, scheme=scheme, allowed=(OFFICE,))
    sent = between_groups(seen, EGRESS)
    assert sent == {(a, b, port) for b, a, port in between_groups(seen, INGRESS)}
    assert sent == {
        (f"sg-{flow.source}-id", f"sg-{flow.target}-id", flow.port)
        for flow in flows(proxy=proxy, egress=egress, scheme=scheme)
    }


def test_the_service_reaches_the_database_through_the_pooler_only() -> None:
    pooled = {flow.name for flow in flows(proxy=True, egress="endpoints", scheme="internal")}
    direct = {flow.name for flow in flows(proxy=False, egress="endpoints", scheme="internal")}
    assert {"service-to-proxy", "proxy-to-database"} <= pooled
    assert "service-to-database" not in pooled
    assert direct - pooled == {"service-to-database"}


def test_nothing_but_the_door_speaks_to_the_service_and_nothing_leaves_the_database() -> None:
    planned = flows(proxy=True, egress="endpoints", scheme="internal")
    assert {flow.source for flow in planned if flow.target == "service"} == {"door"}
    assert not [flow for flow in planned if flow.source in {"database", "endpoints"}]


def test_no_rule_is_for_all_ports_or_all_protocols(groups: Callable[..., Any]) -> None:
    seen = groups(egress="nat", scheme="internet", allowed=(OFFICE,))
    rules = [*seen.of(INGRESS), *seen.of(EGRESS)]
    assert rules
    for rule in rules:
        assert rule.inputs["ipProtocol"] == "tcp"
        assert rule.inputs["fromPort"] == rule.inputs["toPort"]


def test_an_internal_door_admits_its_own_vpc_and_whom_it_is_told_once_each(
    groups: Callable[..., Any],
) -> None:
    seen = groups(allowed=("10.0.0.0/24", str(OWN)))
    assert let_in(seen) == {
        (cidr, port) for cidr in (str(OWN), "10.0.0.0/24") for port in (80, 443)
    }


def test_an_internet_door_admits_the_allowed_and_the_canary_from_the_gateways_address(
    groups: Callable[..., Any],
) -> None:
    seen = groups(egress="nat", scheme="internet", allowed=(OFFICE,))
    assert let_in(seen) == {(OFFICE, 80), (OFFICE, 443), ("198.51.100.7/32", 443)}


def test_only_the_door_admits_addresses(groups: Callable[..., Any]) -> None:
    seen = groups(egress="nat", scheme="internet", allowed=(OFFICE,))
    admitting = {r.inputs["securityGroupId"] for r in seen.of(INGRESS) if "cidrIpv4" in r.inputs}
    assert admitting == {"sg-door-id"}


def test_with_endpoints_nothing_is_sent_to_addresses_and_with_nat_only_https_of_callers(
    groups: Callable[..., Any],
) -> None:
    assert not [r for r in groups().of(EGRESS) if "cidrIpv4" in r.inputs]
    out = [r.inputs for r in groups(egress="nat").of(EGRESS) if "cidrIpv4" in r.inputs]
    assert {rule["securityGroupId"] for rule in out} == {f"sg-{caller}-id" for caller in CALLERS}
    assert {int(rule["fromPort"]) for rule in out} == {443}


def test_only_what_keeps_objects_reaches_s3(groups: Callable[..., Any]) -> None:
    reaching = {
        r.inputs["securityGroupId"]
        for r in groups().of(EGRESS)
        if r.inputs.get("prefixListId") == "pl-s3"
    }
    assert reaching == {"sg-service-id", "sg-migration-id"}
