"""Whether inputs are ones that the real provider knows, and whether one that it needs is missing."""

from __future__ import annotations

import difflib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from tools.recording_provider import schema, values


@dataclass(frozen=True)
class Mistake:
    """One input that the provider refuses.

    Attributes:
        path: Where it stands, such as "defaultAction.block" or "rules[0].name".
        reason: The value, the rule it broke and what to do.
    """

    path: str
    reason: str


def mistakes(block: schema.Block, properties: values.Properties) -> list[Mistake]:
    """Compare properties with what a block declares; what is still unknown is taken as right."""
    return list(_in_block(block, values.bare(properties), ""))


def _in_block(block: schema.Block, properties: values.Properties, where: str) -> Iterator[Mistake]:
    given = {name: value for name, value in properties.items() if not name.startswith("__")}
    for name in sorted(given.keys() - block.inputs.keys()):
        yield Mistake(f"{where}{name}", _unknown_input(block, name))
    for name in sorted(block.required):
        if given.get(name) is None:
            yield Mistake(
                f"{where}{name}", f"{block.name} needs {name!r}, and it is missing. Give it"
            )
    for name, value in given.items():
        if name in block.inputs:
            yield from _in_value(block.inputs[name], value, f"{where}{name}")


def _in_value(declared: Any, value: Any, path: str) -> Iterator[Mistake]:
    if value is None or value == values.UNKNOWN:
        return
    inner = None if schema.container(declared) else schema.block_of(declared)
    shape = dict if inner else schema.container(declared)
    if shape is None and isinstance(value, dict) and not values.is_plain_map(value):
        return  # an asset or an archive, which has no inner properties
    given = type(value) if isinstance(value, list | dict) else None
    if given is not shape and not _is_any(declared):
        yield Mistake(path, f"this is {_article(given)}, where {_article(shape)} belongs")
    elif given is list:
        for index, item in enumerate(value):
            yield from _in_value(schema.element(declared), item, f"{path}[{index}]")
    elif schema.container(declared) is dict:
        for key, item in value.items():
            yield from _in_value(schema.element(declared), item, f"{path}[{key!r}]")
    elif inner:
        yield from _in_block(inner, value, f"{path}.")


def _is_any(declared: Any) -> bool:
    return schema.element(declared) is Any


def _article(shape: type | None) -> str:
    return "a list" if shape is list else "a map" if shape is dict else "a single value"


def _unknown_input(block: schema.Block, name: str) -> str:
    near = difflib.get_close_matches(name, block.inputs, n=1)
    remedy = f"Did you mean {near[0]!r}?" if near else f"It has: {', '.join(sorted(block.inputs))}"
    return f"{block.name} of pulumi-aws {schema.SDK_VERSION} has no input {name!r}. {remedy}"
