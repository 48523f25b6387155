"""The rules see the same through Pulumi's policy interface, a preview's unknown values included.

That the real command line runs the pack is for tests/engine to show.
"""

from __future__ import annotations

from typing import Any

import pytest
from pulumi_policy import (
    PolicyCustomTimeouts,
    PolicyResource,
    PolicyResourceOptions,
    StackValidationArgs,
)
from pulumi_policy.proxy import UNKNOWN_STRING_VALUE, unknown_checking_proxy

from policies import pack
from policies.resource import UNKNOWN, Resource
from policies.rules import RULES, name
from tests.unit.policies.graphs import TAGS, made

BUCKET = made("aws:s3/bucket:Bucket", tags=TAGS)
BLOCK = made(
    "aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock",
    "block",
    refers={"bucket": BUCKET},
    blockPublicAcls=True,
    blockPublicPolicy=True,
    ignorePublicAcls=True,
    restrictPublicBuckets=True,
)
KEY = made("aws:kms/key:Key", "key", protect=True, enableKeyRotation=True, tags=TAGS)


def seen(resource: Resource, *known: PolicyResource) -> PolicyResource:
    """The resource as Pulumi hands it to a policy."""
    others = {one.urn: one for one in known}
    options = PolicyResourceOptions(
        protect=resource.protect,
        ignore_changes=[],
        delete_before_replace=None,
        aliases=[],
        custom_timeouts=PolicyCustomTimeouts(0, 0, 0),
        additional_secret_outputs=[],
    )
    return PolicyResource(
        resource_type=resource.type,
        props=unknown_checking_proxy(resource.inputs),
        urn=resource.urn,
        name=resource.name,
        opts=options,
        provider=None,
        parent=None,
        dependencies=[others[urn] for urn in resource.depends_on],
        property_dependencies={
            key: [others[urn] for urn in urns] for key, urns in resource.references.items()
        },
    )


def reported(rule: str, *resources: PolicyResource) -> list[tuple[str, str | None]]:
    (policy,) = [one for one in pack.policies() if one.name == rule]
    found: list[tuple[str, str | None]] = []

    def report(message: str, urn: str | None = None) -> None:
        found.append((message, urn))

    policy.validate(StackValidationArgs(list(resources)), report)
    return found


def test_every_rule_is_a_policy_of_the_pack() -> None:
    assert [policy.name for policy in pack.policies()] == [name(rule) for rule in RULES]


def test_a_violation_is_reported_with_its_resource() -> None:
    bucket = seen(BUCKET)
    assert reported("buckets-are-closed", bucket) == [
        ("no BucketPublicAccessBlock. Register one for it", BUCKET.urn)
    ]


def test_references_and_protection_arrive() -> None:
    bucket = seen(BUCKET)
    assert not reported("buckets-are-closed", bucket, seen(BLOCK, bucket))
    rule = "nothing-that-holds-data-is-deleted-by-mistake"
    assert not reported(rule, seen(KEY))
    assert reported(rule, seen(KEY.model_copy(update={"protect": False})))


@pytest.mark.parametrize(
    ("inputs", "expected"),
    [
        ({"a": UNKNOWN_STRING_VALUE}, {"a": UNKNOWN}),
        ({"a": ["x", UNKNOWN_STRING_VALUE]}, {"a": ["x", UNKNOWN]}),
        (
            {"a": {"b": [{"c": UNKNOWN_STRING_VALUE, "d": 1.0}]}},
            {"a": {"b": [{"c": UNKNOWN, "d": 1}]}},
        ),
    ],
)
def test_what_a_preview_does_not_know_stops_no_rule(
    inputs: dict[str, Any], expected: dict[str, Any]
) -> None:
    resource = made("aws:sns/topic:Topic", **inputs)
    (read,) = pack.graph_of([seen(resource)]).resources
    assert read.inputs == expected


def test_an_empty_stack_breaks_nothing() -> None:
    assert not reported("buckets-are-closed")
