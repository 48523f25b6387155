"""IAM policies as data. A statement about everything says in its own id why it must be so."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

import pulumi
from pulumi import Input

VERSION = "2012-10-17"
"""The current version of the policy language; the other one lacks variables."""
ANY = "AnyBecause"

Statement = Mapping[str, Any]
Conditions = Mapping[str, Mapping[str, Input[str] | Sequence[Input[str]]]]


def allow(
    actions: Sequence[str],
    resources: Sequence[Input[str]],
    *,
    conditions: Conditions | None = None,
) -> Statement:
    """Return a statement that allows `actions` on exactly `resources` (ARNs)."""
    return {
        "Effect": "Allow",
        "Action": list(actions),
        "Resource": list(resources),
        **({"Condition": conditions} if conditions else {}),
    }


def allow_any(
    actions: Sequence[str], *, because: str, conditions: Conditions | None = None
) -> Statement:
    """Return a statement that allows `actions` on `*`.

    Args:
        actions: Such as "ecr:GetAuthorizationToken".
        because: Why it cannot be narrower, in words; it becomes the statement's id, which is seen
            wherever the policy is.
        conditions: What narrows it all the same.
    """
    return {**allow(actions, ["*"], conditions=conditions), "Sid": statement_id(because)}


def statement_id(because: str) -> str:
    """Return the reason as IAM lets an id be written: letters and digits only."""
    words = re.findall(r"[A-Za-z0-9]+", because)
    return ANY + "".join(word[:1].upper() + word[1:] for word in words)


def document(*statements: Statement) -> pulumi.Output[str]:
    """Return the policy made of `statements`, as JSON."""
    return pulumi.Output.json_dumps({"Version": VERSION, "Statement": list(statements)})


def assumed_by(service: str, *, conditions: Conditions | None = None) -> pulumi.Output[str]:
    """Return the trust policy that lets an AWS service, such as "ecs-tasks.amazonaws.com", in."""
    return document(
        {
            "Effect": "Allow",
            "Principal": {"Service": service},
            "Action": "sts:AssumeRole",
            **({"Condition": conditions} if conditions else {}),
        }
    )
