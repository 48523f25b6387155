"""The resources of one stack as the engine registered them, and how rules look among them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from policies.asked import Asked
from policies.resource import Resource

RUNBOOKS = Path(__file__).parents[1] / "runbooks"


@dataclass(frozen=True)
class Graph:
    """All resources of one stack, what it was asked to be, and the runbooks there are.

    Attributes:
        resources: In the order of their registration.
        asked: What its settings say.
        runbooks: Names of the pages in runbooks/, such as "DatabaseDown".
    """

    resources: Sequence[Resource]
    asked: Asked
    runbooks: frozenset[str] = frozenset()

    def of(self, *types: str) -> Iterator[Resource]:
        """Yield every resource of the given types."""
        return (resource for resource in self.resources if resource.type in types)

    def naming(self, resource: Resource, *types: str, by: str) -> Iterator[Resource]:
        """Yield every resource of the given types whose input `by` comes from `resource`."""
        return (other for other in self.of(*types) if resource.urn in other.references.get(by, ()))

    def origins(self, resource: Resource, by: str) -> Iterator[Resource]:
        """Yield every resource that the input `by` of `resource` comes from."""
        urns = resource.references.get(by, ())
        return (other for other in self.resources if other.urn in urns)


def pages(folder: Path = RUNBOOKS) -> frozenset[str]:
    """Return the names of the pages in a folder of runbooks."""
    return frozenset(page.stem for page in folder.glob("*.md"))
