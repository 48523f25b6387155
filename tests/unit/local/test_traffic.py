"""Proves what rules a fault on the network becomes, and that a rule that hit nothing is told apart.

That the kernel accepts them and drops packets is proven in tests/cluster/drills.
"""

from __future__ import annotations

import json

import pytest

from local.traffic import Cut, Detour, Loss, packets_hit, removal


def chains(rules: str) -> list[str]:
    return [line.split()[1] for line in rules.splitlines() if line.startswith("chain")]


def test_isolation_drops_everything_but_the_hosts_own_traffic() -> None:
    rules = Cut().rules
    assert chains(rules) == ["input", "output"]
    assert "iif != lo counter drop" in rules
    assert "oif != lo counter drop" in rules


@pytest.mark.parametrize(
    ("cut", "left"),
    [(Cut(is_heard=True), ["input"]), (Cut(hears=True), ["output"])],
    ids=["deaf", "mute"],
)
def test_a_one_way_cut_leaves_the_other_way_alone(cut: Cut, left: list[str]) -> None:
    assert chains(cut.rules) == left


def test_a_cut_from_some_names_them_in_both_directions() -> None:
    rules = Cut(peers=("198.18.0.21", "198.18.0.22")).rules
    assert "ip saddr { 198.18.0.21, 198.18.0.22 } counter drop" in rules
    assert "ip daddr { 198.18.0.21, 198.18.0.22 } counter drop" in rules
    assert "lo" not in rules.split()


def test_every_fault_replaces_the_one_before() -> None:
    for trouble in (Cut(), Loss(percent=5), Detour(port=5432, to=15432)):
        assert trouble.rules.startswith(removal())


def test_loss_hits_both_directions_by_chance() -> None:
    assert Loss(percent=5).rules.count("numgen random mod 100 < 5 counter drop") == 2


@pytest.mark.parametrize("percent", [0, 100, -1])
def test_a_loss_of_nothing_or_everything_is_refused(percent: int) -> None:
    with pytest.raises(ValueError, match="choose 1 to 99"):
        _ = Loss(percent=percent).rules


def test_a_detour_resets_connections_that_are_there_already() -> None:
    rules = Detour(port=5432, to=15432).rules
    assert "tcp dport 5432 counter redirect to :15432" in rules
    assert "tcp dport 5432 counter reject with tcp reset" in rules


def listing(*packets: int) -> str:
    rules = [{"rule": {"expr": [{"counter": {"packets": n, "bytes": 1}}]}} for n in packets]
    return json.dumps({"nftables": [{"metainfo": {}}, {"chain": {}}, *rules]})


def test_packets_are_added_up_over_all_rules() -> None:
    assert packets_hit(listing(3, 4)) == 7
    assert packets_hit(listing(0, 0)) == 0
    assert packets_hit(listing()) == 0
