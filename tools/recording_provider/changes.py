"""What a changed input does: update the resource, replace it, or nobody wrote it down."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from tools.recording_provider import replacements, schema, values

# How the SDK's texts say it, counted over the whole of pulumi-aws 7.51.
REPLACES = re.compile(
    r"\bforc(?:es?|ing)\b.{0,25}?\b(?:new\b(?! task)|replacement|recreation)"
    r"|\b(?:will|must) be (?:destroyed and )?re-?created"
    r"|\btriggers? (?:a )?replacement",
    re.IGNORECASE,
)
# A text that says it only for some values does not decide: which value that is, nothing here knows.
ONLY_SOMETIMES = re.compile(
    r"\b(?:(?:if|when)(?! (?:changed|modified))|unless|from|however|removing|disabl\w+|lower|empty"
    r"|except\w*|may|for multi-az)\b",
    re.IGNORECASE,
)
SENTENCE = re.compile(r"(?<=[.!?])\s+")
# Inputs of every resource that has them.
DOCUMENTED_UPDATES = {
    "tags": "AWS, Tag Editor: tags of an existing resource are added, changed and removed in place",
}

Effect = Literal["replace", "update", "unknown"]


@dataclass(frozen=True)
class Change:
    """One changed input.

    Attributes:
        path: Where it stands, such as "containerDefinitions" or "logging.bucket".
        effect: "unknown" where no text says what happens; the engine is then told "update".
        because: The text that decides, or why none does.
    """

    path: str
    effect: Effect
    because: str


def changes(token: str, old: values.Properties, new: values.Properties) -> list[Change]:
    """Compare two sets of inputs of a resource of the given type, secrets by their content."""
    found: list[Change] = []
    block = schema.resource(token).inputs
    for path in _differing(values.bare(old), values.bare(new)):
        effect, because = _effect(token, block, path)
        found.append(Change(".".join(path), effect, because))
    return found


def _differing(old: values.Properties, new: values.Properties) -> Iterator[tuple[str, ...]]:
    for name in sorted(old.keys() | new.keys()):
        before, after = old.get(name), new.get(name)
        if name.startswith("__") or before == after:
            continue
        if values.is_plain_map(before) and values.is_plain_map(after):
            yield from ((name, *rest) for rest in _differing(before, after))
        else:
            yield (name,)


def _effect(token: str, block: schema.Block, path: tuple[str, ...]) -> tuple[Effect, str]:
    undecided = "no text says what a change of it does"
    for owner, name in _owners(block, path):
        text = owner.documentation.get(name, "")
        for sentence in SENTENCE.split(text):
            if not REPLACES.search(sentence):
                continue
            said = f"pulumi-aws {schema.SDK_VERSION}, {owner.name}.{name}: {sentence}"
            if not ONLY_SOMETIMES.search(sentence):
                return "replace", said
            undecided = f"only for some values; {said}"
    if cited := replacements.citation(token, path[0]):
        return "replace", cited
    if path[0] in DOCUMENTED_UPDATES:
        return "update", DOCUMENTED_UPDATES[path[0]]
    return "unknown", undecided


def _owners(block: schema.Block, path: tuple[str, ...]) -> Iterator[tuple[schema.Block, str]]:
    """Each step of the path with the block that documents it, the whole block's own text first."""
    for name in path:
        yield block, name
        inner = schema.block_of(block.inputs.get(name))
        if inner is None:
            return
        block = inner
