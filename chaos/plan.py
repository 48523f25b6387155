"""Which drills belong together: the whole suite with its repeats, and its short form. Pure."""

from __future__ import annotations

import difflib
import random
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from chaos.drill import Drill

FULL = (
    ("primary-crash", 10),
    ("primary-host-loss", 3),
    ("mlflow-instance-loss", 5),
    ("front-door-loss", 3),
    ("negative-control", 1),
    ("database-outage", 1),
    ("total-outage", 1),
    ("dropped-replies", 1),
    ("primary-hang", 1),
    ("standby-loss", 1),
    ("standbys-loss", 1),
    ("primary-isolated", 1),
    ("primary-cut-from-standbys", 1),
    ("primary-cut-from-etcd", 1),
    ("primary-deaf", 1),
    ("primary-mute", 1),
    ("etcd-member-loss", 1),
    ("etcd-member-hang", 1),
    ("etcd-majority-loss", 1),
    ("planned-switchover", 1),
    ("mlflow-instance-hang", 1),
    ("rolling-restart", 1),
    ("pooler-loss", 1),
    ("object-store-loss", 1),
    ("object-store-hang", 1),
    ("object-store-zones-loss", 1),
    ("slow-network", 1),
    ("lossy-network", 1),
    ("connection-storm", 1),
    ("disk-full", 1),
    ("archive-failure", 1),
    ("clock-step", 1),
    ("corrupt-page", 1),
    ("control-lost-write", 1),
    ("control-doubled-write", 1),
    ("control-redundancy", 1),
)
"""Every drill, and how often the evidence repeats it: most often what happens most often."""
QUICK = ("primary-crash", "mlflow-instance-loss", "front-door-loss", "etcd-member-loss")
"""One of each: a database, a server, a balancer, and who decides which database leads."""


class PlanError(ValueError):
    """A drill was asked for that the plan does not hold."""


@dataclass(frozen=True, slots=True)
class Repeat:
    """One run of one drill in the plan."""

    drill: str
    number: int

    @property
    def name(self) -> str:
        return f"{self.drill}-{self.number:02}"


def planned(plan: Iterable[tuple[str, int]], only: Sequence[str]) -> list[Repeat]:
    """Every repeat to run.

    Raises:
        PlanError: `only` names a drill that is not in the plan.
    """
    counts = dict(plan)
    for name in only:
        if name not in counts:
            near = difflib.get_close_matches(name, counts, n=1)
            hint = f"Did you mean {near[0]!r}?" if near else f"Choose from: {', '.join(counts)}"
            raise PlanError(f"drill {name!r}: not part of the evidence. {hint}")
    chosen = {name: count for name, count in counts.items() if not only or name in only}
    return [Repeat(name, n) for name, count in chosen.items() for n in range(1, count + 1)]


def in_order_of(seed: int, drills: Sequence[Drill]) -> list[Drill]:
    """The same drills in an order that the seed decides: one must not need another before it."""
    chance = random.Random(seed)  # noqa: S311  an order has to be repeatable, not secret
    return chance.sample(drills, len(drills))
