"""Small graphs made by hand, and the settings of the environment that they stand for."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any

import yaml

import settings
from policies.asked import of_environment
from policies.graph import Graph
from policies.resource import Resource
from policies.violation import Rule

TAGS = {
    "mlflow-ha:environment": "prod",
    "mlflow-ha:owner": "ml-platform",
    "mlflow-ha:managed-by": "pulumi",
}


def urn(type_: str, name: str) -> str:
    return f"urn:pulumi:prod::mlflow-ha::{type_}::{name}"


def made(
    type_: str,
    name: str = "it",
    *,
    protect: bool = False,
    refers: Mapping[str, Resource | tuple[Resource, ...]] | None = None,
    **inputs: Any,
) -> Resource:
    """A resource; `refers` says which of its inputs come from which other resource."""
    references = {
        key: tuple(one.urn for one in (others if isinstance(others, tuple) else (others,)))
        for key, others in (refers or {}).items()
    }
    return Resource(
        urn=urn(type_, name),
        type=type_,
        name=name,
        inputs={**dict.fromkeys(references, "[an output]"), **inputs},
        references=references,
        depends_on=tuple(one for others in references.values() for one in others),
        protect=protect,
    )


def policy(*statements: Mapping[str, Any]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


@cache
def _document(stack: str) -> str:
    return (settings.STACKS / f"Pulumi.{stack}.yaml").read_text(encoding="utf-8")


def settings_of(stack: str, aws: Mapping[str, Any] | None = None) -> settings.Settings:
    """The settings of a stack, with some groups of its `aws` changed."""
    config = yaml.safe_load(_document(stack))["config"]
    values = {
        key.removeprefix("mlflow-ha:"): value
        for key, value in config.items()
        if key.startswith("mlflow-ha:")
    }
    values["aws"]["region"] = config["aws:region"]
    for group, changes in (aws or {}).items():
        values["aws"][group] = {**values["aws"].get(group, {}), **changes}
    return settings.parse(values, source=stack)


def graph(*resources: Resource, stack: str = "prod", aws: Mapping[str, Any] | None = None) -> Graph:
    return Graph(resources, of_environment(settings_of(stack, aws)), frozenset({"DatabaseDown"}))


@dataclass(frozen=True)
class Pair:
    """A graph that satisfies a rule, and one that breaks it.

    Attributes:
        rule: The rule.
        wrong: What is wrong with `bad`, as the test's name ends.
        good: Resources that satisfy it.
        bad: Resources of which the one named "it" breaks it.
        stack: The environment that both are taken for.
        aws: Changes of its settings.
    """

    rule: Rule
    wrong: str
    good: tuple[Resource, ...]
    bad: tuple[Resource, ...]
    stack: str = "prod"
    aws: Mapping[str, Any] = field(default_factory=dict)
