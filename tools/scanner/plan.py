"""The graph as a Terraform plan: https://developer.hashicorp.com/terraform/internals/json-format.

Only what scanners read is there: the values of each resource, and which of them come from which other
resource. Names are Terraform's; whether an input is a block, whose inner names are Terraform's too, or
a map, whose keys are the user's, is known from the pulumi-aws SDK.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from policies.resource import UNKNOWN, Resource
from tools.recording_provider import schema
from tools.recording_provider.values import is_plain_map
from tools.scanner import names

Values = dict[str, Any]


def plan(resources: Sequence[Resource]) -> Values:
    """Return the plan that asks for the AWS resources among `resources`.

    Components, providers and dynamic resources are none of Terraform's and are left out.

    Raises:
        UnknownNameError: The name of a type is not known.
    """
    ours = [resource for resource in resources if resource.type.startswith("aws:")]
    named = {one.urn: one for one in ours}
    addresses = dict(zip(named, _addresses(ours), strict=True))
    planned = [_planned(resource, addresses[resource.urn]) for resource in ours]
    return {
        "format_version": "1.2",
        "terraform_version": "1.9.0",
        "planned_values": {"root_module": {"resources": planned}},
        "resource_changes": [_change(one) for one in planned],
        "configuration": {
            "root_module": {"resources": [_configuration(one, named, addresses) for one in ours]}
        },
    }


def values(resource: Resource) -> Values:
    """Return the inputs of one resource as Terraform's provider names and nests them."""
    return _block(schema.resource(resource.type).inputs, resource.inputs)


def _addresses(resources: Sequence[Resource]) -> Iterator[str]:
    seen: set[str] = set()
    for resource in resources:
        plain = f"{names.of_type(resource.type)}.{re.sub(r'[^A-Za-z0-9_-]', '_', resource.name)}"
        address, count = plain, 1
        while address in seen:  # two components may use one name for one type
            count += 1
            address = f"{plain}-{count}"
        seen.add(address)
        yield address


def _identity(address: str) -> dict[str, str]:
    type_, _, name = address.partition(".")
    return {"address": address, "mode": "managed", "type": type_, "name": name}


def _planned(resource: Resource, address: str) -> Values:
    return {**_identity(address), "values": values(resource)}


def _change(planned: Values) -> Values:
    return {
        **{key: value for key, value in planned.items() if key != "values"},
        "change": {"actions": ["create"], "before": None, "after": planned["values"]},
    }


def _configuration(
    resource: Resource, named: dict[str, Resource], addresses: dict[str, str]
) -> Values:
    declared = schema.resource(resource.type).inputs.inputs
    expressions = {
        _name(key, declared.get(key)): {
            "references": [addresses[urn] for urn in _origins(urns, named)]
        }
        for key, urns in resource.references.items()
    }
    return {**_identity(addresses[resource.urn]), "expressions": expressions}


def _origins(urns: Iterable[str], named: dict[str, Resource]) -> Iterator[str]:
    """The resources that an input comes from, and the buckets whose names they pass on.

    Programs take a bucket's name from its policy, to wait for that. Scanners would not see that it
    is the bucket's.
    """
    for urn in urns:
        if urn in named:
            yield urn
            yield from _origins(named[urn].references.get("bucket", ()), named)


def _name(key: str, declared: Any) -> str:
    repeated = schema.container(declared) is list and schema.block_of(declared) is not None
    return names.of_block(key) if repeated else names.of_input(key)


def _block(block: schema.Block, given: Values) -> Values:
    return {
        _name(key, block.inputs.get(key)): _value(block.inputs.get(key), value)
        for key, value in given.items()
        if value != UNKNOWN and not _is_file(value)
    }


def _is_file(value: Any) -> bool:
    # An asset or an archive: Terraform names a path, and no scanner of plans opens it.
    return isinstance(value, dict) and not is_plain_map(value)


def _value(declared: Any, value: Any) -> Any:
    if isinstance(value, list):
        element = schema.element(declared)
        return [_one(element, item) for item in value if item != UNKNOWN]
    once = isinstance(value, dict) and schema.container(declared) is None
    inner = schema.block_of(declared) if once else None
    # A block that occurs once is an object for Pulumi, and for Terraform a list of one.
    return [_block(inner, value)] if inner else value


def _one(element: Any, item: Any) -> Any:
    inner = schema.block_of(element) if isinstance(item, dict) else None
    return _block(inner, item) if inner else item
