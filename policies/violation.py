"""What a rule reports: the resource, what is wrong with it, and the remedy."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from policies.graph import Graph
from policies.resource import Resource


@dataclass(frozen=True)
class Violation:
    """One resource that breaks a rule.

    Attributes:
        resource: The one to change.
        problem: The value, and what it breaks.
        remedy: What to do, beginning with a verb.
    """

    resource: Resource
    problem: str
    remedy: str


Rule = Callable[[Graph], Iterator[Violation]]
