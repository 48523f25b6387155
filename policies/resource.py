"""One registered resource, and the file that holds those of a stack."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, TypeAdapter, ValidationError

UNKNOWN = "[unknown]"
"""Stands for a value that a preview cannot tell. A rule does not judge it; after `up` it is known."""


class GraphError(ValueError):
    """A file that holds no graph; the text says what to do."""


class Resource(BaseModel):
    """One registered resource.

    Attributes:
        urn: Unique within the stack.
        type: Such as "aws:rds/cluster:Cluster".
        name: The name in the program.
        parent: URN of the component it belongs to.
        inputs: What the program asked for, by the provider's names.
        depends_on: URNs of the resources whose outputs it uses, or that it waits for.
        references: For each input, the URNs of the resources whose outputs it is made of.
        protect: Whether the engine refuses to delete it.
        custom: Whether a provider makes it; a component is only a group.
    """

    model_config = ConfigDict(frozen=True)

    urn: str
    type: str
    name: str
    parent: str | None = None
    inputs: dict[str, Any] = {}
    depends_on: tuple[str, ...] = ()
    references: dict[str, tuple[str, ...]] = {}
    protect: bool = False
    custom: bool = True

    def at(self, *path: str) -> Any:
        """Return the input at a path such as ("healthCheck", "path"), None where there is none."""
        value: Any = self.inputs
        for key in path:
            value = value.get(key) if isinstance(value, dict) else None
        return value

    def items(self, *path: str) -> list[Any]:
        """Return the list at a path; empty where there is none, or where it is still unknown."""
        value = self.at(*path)
        return value if isinstance(value, list) else []

    def unknown(self, *path: str) -> bool:
        return bool(self.at(*path) == UNKNOWN)

    def document(self, *path: str) -> Any:
        """Return what the JSON text at a path says, None where there is none or it is unknown."""
        return parsed(self.at(*path))


def parsed(text: object) -> Any:
    """Return what JSON says, None for what is not JSON."""
    if not isinstance(text, str):
        return None
    try:
        return json.loads(text)
    except ValueError:
        return None


def read(path: Path) -> list[Resource]:
    """Read the resources of a graph that `make graph` wrote.

    Raises:
        GraphError: The file is missing or is not such a graph.
    """
    try:
        return TypeAdapter(list[Resource]).validate_json(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise GraphError(f"{path}: does not exist. Make it: make graph STACK=prod") from None
    except ValidationError as mistake:
        raise GraphError(
            f"{path}: is not a graph, {mistake.error_count()} mistakes, the first: "
            f"{mistake.errors()[0]['msg']}. Make it anew: make graph STACK=prod"
        ) from None
