"""Policies of resources: statements that, unlike a role's, also say whom they are about."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from pulumi import Input, Output

from components.iam import Conditions, Statement

Principal = str | dict[str, Any]
EVERYBODY: Principal = "*"
"""Anonymous callers too, so only for refusals and for what conditions narrow."""


def service(*names: str) -> Principal:
    """Return services of AWS, such as "logs.us-east-1.amazonaws.com", as a principal."""
    return {"Service": names[0] if len(names) == 1 else list(names)}


def account(account_id: Input[str]) -> Principal:
    """Return every identity of an account that its own policies also allow."""
    return {"AWS": Output.concat("arn:aws:iam::", account_id, ":root")}


def granted_to(principal: Principal, statement: Statement) -> Statement:
    """Return the statement of `components.iam` as one about `principal`."""
    return {**statement, "Principal": principal}


def refuse(
    actions: Sequence[str], resources: Sequence[Input[str]], *, sid: str, conditions: Conditions
) -> Statement:
    """Return a statement that nobody can be allowed around, whoever they are.

    Args:
        actions: What is refused, such as "s3:PutObject".
        resources: ARNs it is refused on.
        sid: The statement's id: letters and digits that say what is refused.
        conditions: When it is refused; without any, nobody could work with the resource.
    """
    return {
        "Sid": sid,
        "Effect": "Deny",
        "Principal": EVERYBODY,
        "Action": list(actions),
        "Resource": list(resources),
        "Condition": conditions,
    }
