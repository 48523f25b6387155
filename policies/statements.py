"""The statements of IAM policies, wherever in the inputs of a resource a policy stands as JSON."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from policies.resource import Resource, parsed

Statement = dict[str, Any]


def statements(resource: Resource) -> Iterator[Statement]:
    """Yield every statement of every policy in the inputs of `resource`."""
    for document in _documents(resource.inputs):
        found = document["Statement"]
        yield from found if isinstance(found, list) else [found]


def entries(statement: Statement, key: str) -> list[Any]:
    """Return what stands under `key`, such as "Action", as a list; policies may leave that out."""
    value = statement.get(key, [])
    return value if isinstance(value, list) else [value]


def allows(statement: Statement) -> bool:
    return statement.get("Effect") == "Allow"


def principals(statement: Statement) -> list[str]:
    """Return everybody whom a statement names, "*" for everybody there is."""
    named = statement.get("Principal", {})
    if not isinstance(named, dict):
        return [named]
    return [one for kind in named for one in entries(named, kind)]


def _documents(value: Any) -> Iterator[dict[str, Any]]:
    if isinstance(value, str) and '"Statement"' in value:
        document = parsed(value)
        if isinstance(document, dict) and "Statement" in document:
            yield document
    elif isinstance(value, dict):
        for inner in value.values():
            yield from _documents(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _documents(inner)
