"""Planned subnets never overlap, stay inside the VPC, and stay where they are when a zone is added."""

from ipaddress import IPv4Network, collapse_addresses
from itertools import combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from setting_groups.aws.network import LARGEST_PREFIX, SMALLEST_PREFIX, TIERS, Network

SMALLEST_FOR_A_LOAD_BALANCER = 27
ZONES = tuple(f"eu-central-1{letter}" for letter in "abcd")


@st.composite
def private_networks(draw: st.DrawFn) -> IPv4Network:
    """Any network that settings accept, out of 10.0.0.0/8."""
    prefix = draw(st.integers(SMALLEST_PREFIX, LARGEST_PREFIX))
    place = draw(st.integers(0, 2 ** (prefix - 8) - 1))
    return IPv4Network((10 << 24 | place << (32 - prefix), prefix))


CIDRS = private_networks()
SOME_ZONES = st.integers(2, len(ZONES)).map(lambda count: ZONES[:count])


@given(cidr=CIDRS, zones=SOME_ZONES)
def test_subnets_never_overlap(cidr: IPv4Network, zones: tuple[str, ...]) -> None:
    planned = Network(cidr=cidr, zones=zones).subnets

    assert not [pair for pair in combinations(planned, 2) if pair[0].cidr.overlaps(pair[1].cidr)]


@given(cidr=CIDRS, zones=SOME_ZONES)
def test_subnets_lie_inside_the_vpc(cidr: IPv4Network, zones: tuple[str, ...]) -> None:
    assert all(subnet.cidr.subnet_of(cidr) for subnet in Network(cidr=cidr, zones=zones).subnets)


@given(cidr=CIDRS, zones=SOME_ZONES)
def test_every_zone_has_every_tier_once(cidr: IPv4Network, zones: tuple[str, ...]) -> None:
    planned = Network(cidr=cidr, zones=zones).subnets

    assert [(s.tier, s.zone) for s in planned] == [(tier, zone) for tier in TIERS for zone in zones]


@given(cidr=CIDRS, count=st.integers(2, len(ZONES) - 1))
def test_adding_a_zone_moves_no_subnet(cidr: IPv4Network, count: int) -> None:
    before = Network(cidr=cidr, zones=ZONES[:count]).subnets
    after = Network(cidr=cidr, zones=ZONES[: count + 1]).subnets

    assert set(before) < set(after)
    assert {subnet.zone for subnet in set(after) - set(before)} == {ZONES[count]}


@given(cidr=CIDRS)
def test_every_subnet_has_room_for_a_load_balancer(cidr: IPv4Network) -> None:
    planned = Network(cidr=cidr, zones=ZONES).subnets

    assert all(subnet.cidr.prefixlen <= SMALLEST_FOR_A_LOAD_BALANCER for subnet in planned)


@given(cidr=CIDRS)
def test_a_quarter_of_the_vpc_is_kept_in_reserve(cidr: IPv4Network) -> None:
    planned = Network(cidr=cidr, zones=ZONES).subnets
    used = list(collapse_addresses(subnet.cidr for subnet in planned))

    assert sum(part.num_addresses for part in used) == cidr.num_addresses * 3 // 4


@pytest.mark.parametrize(
    ("values", "zones"),
    [
        ({"egress": "endpoints", "nat_gateways": "per_zone"}, ()),
        ({"egress": "endpoints", "nat_gateways": "one"}, ()),
        ({"egress": "nat", "nat_gateways": "one"}, ZONES[:1]),
        ({"egress": "nat", "nat_gateways": "per_zone"}, ZONES),
    ],
)
def test_gateways_stand_where_the_way_out_needs_them(
    values: dict[str, str], zones: tuple[str, ...]
) -> None:
    assert Network.model_validate({"zones": ZONES, **values}).nat_zones == zones
