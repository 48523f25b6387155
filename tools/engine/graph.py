"""The graph of a program as its engine registered it: what policies and scanners read.

`python -m tools.engine graph STACK` writes it as JSON, one object per resource.
"""

from __future__ import annotations

from typing import Any, TypedDict

from tools.recording_provider.values import SECRET_SHOWN, SIGNATURE

SECRET = "1b47061264138c4ac30d75fd1eb44270"  # noqa: S105 - the mark of a secret in Pulumi's states


class Node(TypedDict):
    """One registered resource.

    Attributes:
        urn: Its URN.
        type: Such as "aws:rds/cluster:Cluster", or a component's own.
        name: Its logical name.
        parent: URN of the resource it belongs to; None for the stack.
        inputs: By their names on the wire; "[secret]" where a secret stood.
        depends_on: URNs of what had to exist first, said or implied by an input.
        references: Input -> URNs of the resources that it comes from.
        protect: Whether the engine refuses to delete it.
        custom: Whether a provider made it; False for components.
    """

    urn: str
    type: str
    name: str
    parent: str | None
    inputs: dict[str, Any]
    depends_on: list[str]
    references: dict[str, list[str]]
    protect: bool
    custom: bool


def graph(state: dict[str, Any], events: list[dict[str, Any]]) -> list[Node]:
    """Read the graph out of a state, in the order in which the events began.

    Args:
        state: As `pulumi stack export` gives it.
        events: Of the run that made it.
    """
    begun = [
        event["resourcePreEvent"]["metadata"]["urn"]
        for event in events
        if "resourcePreEvent" in event
    ]
    order = {urn: place for place, urn in reversed(list(enumerate(begun)))}
    resources = [item for item in state["deployment"]["resources"] if not item.get("delete")]
    resources.sort(key=lambda item: order.get(item["urn"], len(order)))
    return [_node(item) for item in resources]


def _node(item: dict[str, Any]) -> Node:
    inputs = item.get("inputs", {})
    return Node(
        urn=item["urn"],
        type=item["type"],
        name=item["urn"].rpartition("::")[2],
        parent=item.get("parent"),
        inputs={key: _shown(value) for key, value in inputs.items() if not key.startswith("__")},
        depends_on=item.get("dependencies", []),
        references={
            key: urns for key, urns in item.get("propertyDependencies", {}).items() if urns
        },
        protect=item.get("protect", False),
        custom=item["custom"],
    )


def _shown(value: Any) -> Any:
    if isinstance(value, dict):
        if value.get(SIGNATURE) == SECRET:
            return SECRET_SHOWN
        return {key: _shown(item) for key, item in value.items()}
    return [_shown(item) for item in value] if isinstance(value, list) else value
