"""The rules as policies of Pulumi (CrossGuard), which sees resources its own way."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import cache
from typing import Any

from pulumi_policy import (
    PolicyResource,
    ReportViolation,
    StackValidationArgs,
    StackValidationPolicy,
)
from pulumi_policy.proxy import UnknownValueError

from policies.asked import asked_for, project_and_stack
from policies.graph import Graph, pages
from policies.resource import UNKNOWN, Resource
from policies.rules import RULES, claim, name
from policies.violation import Rule

NAME = "mlflow-ha"
_asked_for = cache(asked_for)  # every rule asks again


def policies() -> list[StackValidationPolicy]:
    """Return every rule as a policy over the whole stack."""
    return [
        StackValidationPolicy(name=name(rule), description=claim(rule), validate=_validation(rule))
        for rule in RULES
    ]


def graph_of(seen: Sequence[PolicyResource]) -> Graph:
    """Return the graph of the resources that Pulumi hands to a policy.

    The names of project and stack lead to the settings it was made with.
    """
    resources = [_resource(one) for one in seen]
    return Graph(resources, _asked_for(*project_and_stack(resources)), pages())


def _validation(rule: Rule) -> Callable[[StackValidationArgs, ReportViolation], None]:
    def validate(args: StackValidationArgs, report: ReportViolation) -> None:
        for violation in rule(graph_of(args.resources)) if args.resources else ():
            report(f"{violation.problem}. {violation.remedy}", violation.resource.urn)

    return validate


def _resource(seen: PolicyResource) -> Resource:
    return Resource(
        urn=seen.urn,
        type=seen.resource_type,
        name=seen.name,
        parent=seen.parent.urn if seen.parent else None,
        inputs=_plain(seen.props),
        depends_on=tuple(other.urn for other in seen.dependencies),
        references={
            key: tuple(other.urn for other in others)
            for key, others in seen.property_dependencies.items()
        },
        protect=seen.opts.protect,
    )


def _plain(value: Any) -> Any:
    # Pulumi's maps and lists raise where a preview does not know a value yet.
    if isinstance(value, Mapping):
        return {key: _known(value, key) for key in value}
    if isinstance(value, Sequence) and not isinstance(value, str):
        return [_known(value, index) for index in range(len(value))]
    return value


def _known(container: Any, key: Any) -> Any:
    try:
        return _plain(container[key])
    except UnknownValueError:
        return UNKNOWN
