"""Graphs that satisfy and break the rules of policies/access.py."""

from __future__ import annotations

from typing import Any

from components.iam import statement_id
from policies import access as rules
from policies.resource import Resource
from tests.unit.policies.graphs import Pair, made, policy

ROLE_POLICY = "aws:iam/rolePolicy:RolePolicy"
KEY_POLICY = "aws:kms/key:Key"
BUCKET = "arn:aws:s3:::mlflow-ha-artifacts"
ISSUER = "token.actions.githubusercontent.com"
TOO_WIDE: dict[str, dict[str, Any]] = {
    "no subject": {},
    "every repository": {f"{ISSUER}:sub": "repo:*"},
    "every subject": {f"{ISSUER}:sub": ["*"]},
}
REASONED = {"Sid": statement_id("The call takes no resource")}
ACCOUNT = {"AWS": "arn:aws:iam::123456789012:root"}


def allowing(type_: str = ROLE_POLICY, **statement: Any) -> Resource:
    allowed = {"Effect": "Allow", "Action": ["s3:GetObject"], "Resource": [f"{BUCKET}/*"]}
    return made(type_, policy=policy({**allowed, **statement}))


def trusting(**subject: Any) -> Resource:
    statement = {
        "Effect": "Allow",
        "Principal": {"Federated": "arn:aws:iam::123456789012:oidc-provider/x"},
        "Action": "sts:AssumeRoleWithWebIdentity",
        "Condition": {"StringEquals": {f"{ISSUER}:aud": "sts.amazonaws.com", **subject}},
    }
    return made("aws:iam/role:Role", assumeRolePolicy=policy(statement))


PAIRS = (
    *(
        Pair(
            rules.everything_has_a_written_reason,
            f"{resource} without a reason",
            (
                allowing(),
                allowing(Resource=resource, **REASONED),
                allowing(Effect="Deny", Resource=resource),
            ),
            (allowing(Resource=resource),),
            stack="dev",
        )
        for resource in ("*", "arn:aws:s3:::*", "arn:aws:rds:us-east-1:123456789012:*")
    ),
    Pair(
        rules.everything_has_a_written_reason,
        "a Sid that gives none",
        (allowing(Resource="*", **REASONED),),
        (allowing(Resource="*", Sid="AnyBecause"),),
    ),
    Pair(
        rules.everything_has_a_written_reason,
        "an endpoint, where a key would be right",
        (allowing(KEY_POLICY, Principal=ACCOUNT, Resource="*"),),
        (allowing("aws:ec2/vpcEndpoint:VpcEndpoint", Principal="*", Resource="*"),),
    ),
    Pair(
        rules.everything_has_a_written_reason,
        "all but a few resources",
        (allowing(),),
        (allowing(NotResource=[BUCKET]),),
    ),
    *(
        Pair(
            rules.actions_are_named,
            f"action {action}",
            (allowing(), allowing(Action=action, **REASONED)),
            (allowing(Action=[action]),),
            stack="dev",
        )
        for action in ("*", "s3:*")
    ),
    Pair(
        rules.actions_are_named,
        "a service that may do everything with a key",
        (allowing(KEY_POLICY, Action="kms:*", Principal=ACCOUNT),),
        (allowing(KEY_POLICY, Action="kms:*", Principal={"Service": "logs.amazonaws.com"}),),
    ),
    Pair(rules.actions_are_named, "all but a few", (allowing(),), (allowing(NotAction=["iam:*"]),)),
    *(
        Pair(
            rules.nobody_in_particular_is_let_in,
            f"principal {everybody}",
            (
                allowing(Principal=everybody, Condition={"StringEquals": {"aws:SourceVpc": "v"}}),
                allowing(Principal=ACCOUNT),
            ),
            (allowing(Principal=everybody),),
            stack="dev",
        )
        for everybody in ("*", {"AWS": "*"}, {"AWS": ["*"]})
    ),
    *(
        Pair(
            rules.outside_identities_are_told_apart,
            wrong,
            (trusting(**{f"{ISSUER}:sub": "repo:example/mlflow-ha:environment:prod"}),),
            (trusting(**subject),),
            stack="dev",
        )
        for wrong, subject in TOO_WIDE.items()
    ),
    Pair(
        rules.no_broad_policy_is_attached,
        "an administrator",
        (made("aws:iam/role:Role", managedPolicyArns=["arn:aws:iam::aws:policy/ReadOnlyAccess"]),),
        (made("aws:iam/role:Role", managedPolicyArns=["arn:aws:iam::aws:policy/PowerUserAccess"]),),
    ),
    Pair(
        rules.no_broad_policy_is_attached,
        "a whole service",
        (
            made(
                "aws:iam/rolePolicyAttachment:RolePolicyAttachment",
                policyArn="arn:aws:iam::aws:policy/service-role/AmazonRDSEnhancedMonitoringRole",
            ),
        ),
        (
            made(
                "aws:iam/rolePolicyAttachment:RolePolicyAttachment",
                policyArn="arn:aws:iam::aws:policy/AmazonS3FullAccess",
            ),
        ),
    ),
    Pair(
        rules.nobody_has_a_key_that_lasts,
        "an access key",
        (made("aws:iam/role:Role"),),
        (made("aws:iam/accessKey:AccessKey"),),
        stack="dev",
    ),
)
