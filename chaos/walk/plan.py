"""Which faults a walk brings about, as its seed decides. Pure: the same seed, the same plan.

Chance would make some walks mild. So the kinds come from a deck that is shuffled again when it has
run out: every deck holds each kind as often as written here.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass

REST = (1.0, 4.0)
"""Seconds between an episode that has healed and the next."""
AROUND_THE_LEASE, BEYOND_THE_LEASE = (17.0, 26.0), (26.0, 40.0)
"""A host that wakes just when its lease (20 s) runs out is the one to fear."""
SHORTLY_AFTER = (2.0, 15.0)


@dataclass(frozen=True, slots=True)
class Blow:
    """One fault of an episode.

    Attributes:
        verb: What is done, as targets name it.
        role: To whoever plays this role at that moment.
        at: Seconds after the episode's beginning.
        lasts: Seconds until it is healed; 0 where the system repairs it alone.
    """

    verb: str
    role: str
    at: float = 0.0
    lasts: float = 0.0


@dataclass(frozen=True, slots=True)
class Episode:
    """Faults within a minute; afterwards the service has to become whole again.

    Attributes:
        number: Counted from 1.
        kind: The deck's name for it.
        rest: Seconds of peace before.
        blows: In the order in which they fall.
    """

    number: int
    kind: str
    rest: float
    blows: tuple[Blow, ...]


def episodes(seed: int) -> Iterator[Episode]:
    """The episodes of a walk, without end."""
    chance = random.Random(seed)  # noqa: S311  a walk has to be repeatable, not secret
    number = 0
    while True:
        deck = [kind for kind, (count, _) in DECK.items() for _ in range(count)]
        chance.shuffle(deck)
        for kind in deck:
            number += 1
            _, dealt = DECK[kind]
            rest = _between(chance, REST)
            yield Episode(number, kind, rest, dealt(chance))


def _between(chance: random.Random, borders: tuple[float, float]) -> float:
    return round(chance.uniform(*borders), 1)


def _long(chance: random.Random) -> float:
    """How long something that ends the lease lasts: half of the time barely long enough."""
    return _between(chance, chance.choice([AROUND_THE_LEASE, BEYOND_THE_LEASE]))


def _freeze(chance: random.Random) -> tuple[Blow, ...]:
    return (Blow("freeze", "primary", lasts=_long(chance)),)


def _freeze_with_etcd_leader(chance: random.Random) -> tuple[Blow, ...]:
    """Both wake within two seconds of each other, either one first."""
    lasts = _long(chance)
    apart = _between(chance, (-2.0, 2.0))
    return (
        Blow("freeze", "etcd-leader", lasts=round(lasts + apart, 1)),
        Blow("freeze", "primary", at=0.1, lasts=lasts),
    )


def _crash(_chance: random.Random) -> tuple[Blow, ...]:
    return (Blow("crash", "primary"),)


def _kill(chance: random.Random) -> tuple[Blow, ...]:
    return (Blow("kill", "primary", lasts=_long(chance)),)


def _cut(chance: random.Random) -> tuple[Blow, ...]:
    verb = chance.choice(["isolate", "deafen", "mute", "cut etcd off from"])
    return (Blow(verb, "primary", lasts=_long(chance)),)


def _crash_while_etcd_leader_sleeps(chance: random.Random) -> tuple[Blow, ...]:
    """The leader of etcd wakes after the failover, with what it remembers of the leases."""
    at = _between(chance, SHORTLY_AFTER)
    return (
        Blow("freeze", "etcd-leader", lasts=_long(chance)),
        Blow("crash", "primary", at=at),
    )


def _one_after_another(chance: random.Random) -> tuple[Blow, ...]:
    """Who has just taken over is hit next."""
    second = chance.choice(["freeze", "isolate"])
    at = _between(chance, SHORTLY_AFTER)
    return (Blow("crash", "primary"), Blow(second, "primary", at=at, lasts=_long(chance)))


DECK: dict[str, tuple[int, Callable[[random.Random], tuple[Blow, ...]]]] = {
    "primary hangs": (3, _freeze),
    "primary and leader of etcd hang": (1, _freeze_with_etcd_leader),
    "primary crashes": (2, _crash),
    "primary's host dies": (1, _kill),
    "primary is cut off": (2, _cut),
    "primary crashes while the leader of etcd hangs": (1, _crash_while_etcd_leader_sleeps),
    "one primary after another": (1, _one_after_another),
}
"""How often a deck of eleven holds each kind: more than a third hang the primary."""
