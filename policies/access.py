"""IAM allows what is named, to whom is named; where it cannot, the policy says why.

In every environment: a role is copied from the one that worked.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from policies.graph import Graph
from policies.resource import Resource
from policies.statements import Statement, allows, entries, principals, statements
from policies.violation import Violation

REASON = "AnyBecause"
"""How the id of a statement about everything begins; the rest is the reason."""
SHORTEST_REASON = 10
"""Letters: "AnyBecauseX" gives none."""
_OWN_RESOURCE = (
    "aws:backup/vaultPolicy:VaultPolicy",
    "aws:ecr/repositoryPolicy:RepositoryPolicy",
    "aws:kms/key:Key",
    "aws:kms/keyPolicy:KeyPolicy",
    "aws:secretsmanager/secretPolicy:SecretPolicy",
)
"""Policies that hang on the one resource they are about: its `*` is itself."""
_KEYS = ("aws:kms/key:Key", "aws:kms/keyPolicy:KeyPolicy")
_BROAD = re.compile(r"/(AdministratorAccess|PowerUserAccess|IAMFullAccess|\w+FullAccess)$")


def everything_has_a_written_reason(graph: Graph) -> Iterator[Violation]:
    """A statement about all resources says in its id why it cannot name them.

    An endpoint's policy is not excepted: its `*` is everything of that service, in any account.
    """
    for resource, statement in _allowing(graph):
        if resource.type in _OWN_RESOURCE or _reasoned(statement):
            continue
        for named in entries(statement, "Resource"):
            if _is_everything(named):
                yield Violation(
                    resource,
                    f"{', '.join(entries(statement, 'Action'))} on {named}, without a reason",
                    f"Name the resources, or give the statement a Sid {REASON}…",
                )
        if "NotResource" in statement:
            yield Violation(
                resource, "allows NotResource: all but a few", "Name the resources instead"
            )


def actions_are_named(graph: Graph) -> Iterator[Violation]:
    """No statement allows every action of a service, or of all.

    Excepted is the account itself on its own keys (kms:*): without it, a key whose policy is wrong
    can never be mended. https://docs.aws.amazon.com/kms/latest/developerguide/key-policy-default.html
    """
    for resource, statement in _allowing(graph):
        account = all(str(one).endswith(":root") for one in principals(statement))
        if _reasoned(statement) or (resource.type in _KEYS and account and principals(statement)):
            continue
        for action in entries(statement, "Action"):
            if action == "*" or action.endswith(":*"):
                yield Violation(resource, f"allows {action}", "Name the actions that are used")
        if "NotAction" in statement:
            yield Violation(resource, "allows NotAction: all but a few", "Name the actions instead")


def nobody_in_particular_is_let_in(graph: Graph) -> Iterator[Violation]:
    """A policy that names everybody says under which condition."""
    for resource, statement in _allowing(graph):
        if "*" in principals(statement) and not statement.get("Condition"):
            yield Violation(
                resource,
                f"allows {', '.join(entries(statement, 'Action'))} to everybody",
                "Name who may, or add a Condition",
            )


def outside_identities_are_told_apart(graph: Graph) -> Iterator[Violation]:
    """A role for an identity provider names the subject; its audience alone is the whole world.

    GitHub's tokens are signed by the same provider for every repository on GitHub.
    """
    for resource, statement in _allowing(graph):
        if "sts:AssumeRoleWithWebIdentity" not in entries(statement, "Action"):
            continue
        subjects = [
            subject
            for condition in (statement.get("Condition") or {}).values()
            for key in condition
            if key.endswith(":sub")
            for subject in entries(condition, key)
        ]
        if not subjects or any(re.match(r"(repo:)?\*", subject) for subject in subjects):
            yield Violation(
                resource,
                f"subject {', '.join(subjects) or 'not named'}",
                "Add a Condition on …:sub, such as repo:OWNER/NAME:environment:prod",
            )


def no_broad_policy_is_attached(graph: Graph) -> Iterator[Violation]:
    """No role gets one of AWS's policies that allow everything, or a whole service."""
    attached = {
        "aws:iam/rolePolicyAttachment:RolePolicyAttachment": "policyArn",
        "aws:iam/role:Role": "managedPolicyArns",
    }
    for resource in graph.of(*attached):
        value = resource.at(attached[resource.type])
        for arn in value if isinstance(value, list) else [value]:
            if _BROAD.search(str(arn)):
                yield Violation(resource, f"attaches {arn}", "Write a policy that names actions")


def nobody_has_a_key_that_lasts(graph: Graph) -> Iterator[Violation]:
    """There are no IAM users: people and machines get credentials that end by themselves."""
    for resource in graph.of("aws:iam/user:User", "aws:iam/accessKey:AccessKey"):
        yield Violation(resource, "has a key that lasts", "Use a role and OIDC, or single sign-on")


def _allowing(graph: Graph) -> Iterator[tuple[Resource, Statement]]:
    return (
        (resource, statement)
        for resource in graph.resources
        for statement in statements(resource)
        if allows(statement)
    )


def _reasoned(statement: Statement) -> bool:
    sid = str(statement.get("Sid", ""))
    return sid.startswith(REASON) and len(sid) >= len(REASON) + SHORTEST_REASON


def _is_everything(resource: object) -> bool:
    # "*", and an ARN that says only which service: arn:aws:s3:::*, arn:aws:rds:us-east-1:1234:*
    return bool(re.fullmatch(r"\*+|arn:[^:]*:[^:]*:[^:]*:[^:]*:[*/:]*\*", str(resource)))
