"""Every host has an address of its own, in the range nobody else uses."""

from ipaddress import IPv4Address, IPv4Network

import pytest

import settings
from local.layout import Layout

BENCHMARKS = IPv4Network("198.18.0.0/15")


def layout(network: str = "198.18.0.0/24", *, isolated: bool = True) -> Layout:
    return Layout(network=IPv4Network(network), isolated=isolated, settings=settings.load("local"))


def test_hosts_are_those_of_the_design() -> None:
    expected = {"dcs": 3, "db": 3, "app": 3, "lb": 2, "s3": 3}
    assert layout().hosts == [
        f"{role}-{number}" for role, count in expected.items() for number in range(1, count + 1)
    ]


@pytest.mark.parametrize("isolated", [True, False])
def test_no_two_hosts_share_an_address(isolated: bool) -> None:
    found = layout(isolated=isolated)
    addresses = [found.address(host) for host in found.hosts]
    assert len(set(addresses)) == len(addresses)


def test_as_root_every_address_is_in_the_benchmark_range() -> None:
    found = layout("198.19.255.0/24")
    for address in [*map(found.address, found.hosts), found.front_door, found.uplink]:
        assert IPv4Address(address) in BENCHMARKS


def test_without_root_every_address_is_loopback() -> None:
    found = layout(isolated=False)
    assert all(IPv4Address(found.address(host)).is_loopback for host in found.hosts)
    assert found.endpoint == "http://127.0.0.1:5000"


def test_two_clusters_share_neither_addresses_nor_kernel_objects() -> None:
    one, other = layout("198.18.0.0/24"), layout("198.18.1.0/24")
    assert one.identity != other.identity
    assert not {*map(one.address, one.hosts)} & {*map(other.address, other.hosts)}


@pytest.mark.parametrize("network", ["198.18.0.0/24", "198.19.255.0/24"])
def test_interface_names_fit_the_kernel(network: str) -> None:
    assert len(layout(network).identity) <= 15
