"""Proves what a walk's seed decides: the same again, and enough of what must be looked for."""

from __future__ import annotations

from itertools import islice

import pytest

import settings
from chaos.walk.plan import DECK, Episode, episodes

DECK_SIZE = sum(count for count, _ in DECK.values())
SEEDS = range(20)
LEASE = settings.load("local").failover.lease


def first(seed: int, count: int = 3 * DECK_SIZE) -> list[Episode]:
    return list(islice(episodes(seed), count))


def test_the_same_seed_gives_the_same_walk() -> None:
    assert first(7) == first(7)
    assert first(7) != first(8)


@pytest.mark.parametrize("seed", SEEDS)
def test_more_than_three_in_ten_failovers_hang_the_primary(seed: int) -> None:
    walk = first(seed)
    blows = [(blow.verb, blow.role) for episode in walk for blow in episode.blows]
    able = [blow for blow in blows if blow[1] == "primary"]  # each may bring a failover about
    assert blows.count(("freeze", "primary")) >= 0.3 * len(able)


@pytest.mark.parametrize("seed", SEEDS)
def test_every_deck_hangs_a_leader_of_etcd_twice(seed: int) -> None:
    for deck in range(3):
        walk = first(seed)[deck * DECK_SIZE : (deck + 1) * DECK_SIZE]
        roles = [blow.role for episode in walk for blow in episode.blows]
        assert roles.count("etcd-leader") == 2


@pytest.mark.parametrize("seed", SEEDS)
def test_everything_that_needs_healing_is_healed_within_a_minute(seed: int) -> None:
    for episode in first(seed):
        for blow in episode.blows:
            assert blow.verb == "crash" or blow.lasts > 0
            assert blow.at + blow.lasts <= 60


@pytest.mark.parametrize("seed", SEEDS)
def test_several_faults_fall_within_a_minute(seed: int) -> None:
    assert sum(len(episode.blows) > 1 for episode in first(seed)) >= 3


def test_hosts_wake_around_the_end_of_the_lease_and_well_beyond() -> None:
    lasts = [b.lasts for seed in SEEDS for e in first(seed) for b in e.blows if b.lasts]
    assert min(lasts) < LEASE
    assert max(lasts) > LEASE + 6
