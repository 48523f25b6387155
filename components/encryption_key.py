"""A key of KMS for one purpose, and the services of AWS that may use it by themselves."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import pulumi
from pulumi import Input, Output, ResourceOptions
from pulumi_aws import kms

from components import iam
from components.resource_policy import account, granted_to, service
from components.tags import named

DELETION_DAYS = 30
"""The longest that KMS waits, and lets a deletion be taken back."""

Service = Literal["logs", "cloudwatch", "budgets", "events.rds", "backup"]
"""The first writes logs; the others send to an encrypted topic."""


@dataclass(frozen=True, kw_only=True)
class EncryptionKeyArgs:
    """Args of `EncryptionKey`.

    Args:
        purpose: What is encrypted with it, in words; the key's description.
        services: Services that use the key on their own behalf. Those that act for a caller, such
            as S3, RDS and Secrets Manager, need no mention: the caller's role allows them.
        account_id: The account, whose IAM policies decide about everybody else.
        region: Where the key is.
        protected: Neither Pulumi nor a changed program may delete it.
        tags: For every resource.
    """

    purpose: str
    services: tuple[Service, ...] = ()
    account_id: Input[str]
    region: str
    protected: bool
    tags: dict[str, str]


class EncryptionKey(pulumi.ComponentResource):
    """A key that is renewed every year, with an alias by which people find it."""

    arn: Output[str]

    def __init__(
        self, name: str, args: EncryptionKeyArgs, opts: ResourceOptions | None = None
    ) -> None:
        super().__init__("mlflow-ha:aws:EncryptionKey", name, None, opts)
        key = kms.Key(
            name,
            description=f"mlflow-ha: {args.purpose}",
            enable_key_rotation=True,
            deletion_window_in_days=DELETION_DAYS,
            policy=iam.document(
                granted_to(
                    account(args.account_id),
                    iam.allow_any(["kms:*"], because="IAM decides and this is the key itself"),
                ),
                *(_use_by(user, args.account_id, args.region) for user in args.services),
            ),
            tags=named(args.tags, name),
            opts=ResourceOptions(parent=self, protect=args.protected),
        )
        kms.Alias(
            name,
            # A prefix: a fixed alias would keep a second stack out of the account.
            name_prefix=f"alias/{name}-",
            target_key_id=key.key_id,
            opts=ResourceOptions(parent=self),
        )
        self.arn = key.arn
        self.register_outputs({"arn": self.arn})


def _use_by(user: Service, account_id: Input[str], region: str) -> iam.Statement:
    """Return what a service does with the key, for this account's log groups or topics only."""
    if user == "logs":
        # https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/encrypt-log-data-kms.html
        return _in_key_policy(
            f"logs.{region}.amazonaws.com",
            [
                "kms:Encrypt",
                "kms:Decrypt",
                "kms:ReEncrypt*",
                "kms:GenerateDataKey*",
                "kms:Describe*",
            ],
            {
                "kms:EncryptionContext:aws:logs:arn": Output.concat(
                    f"arn:aws:logs:{region}:", account_id, ":log-group:*"
                )
            },
        )
    # https://docs.aws.amazon.com/sns/latest/dg/sns-key-management.html
    return _in_key_policy(
        f"{user}.amazonaws.com",
        ["kms:Decrypt", "kms:GenerateDataKey*"],
        {
            "kms:EncryptionContext:aws:sns:topicArn": Output.concat(
                f"arn:aws:sns:{region}:", account_id, ":*"
            )
        },
    )


def _in_key_policy(user: str, actions: list[str], context: dict[str, Input[str]]) -> iam.Statement:
    # "*" in a key's policy is the key itself; its ARN is not known before it is made.
    return granted_to(service(user), iam.allow(actions, ["*"], conditions={"ArnLike": context}))
