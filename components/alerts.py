"""Where messages go: one topic for everybody, one more for what has to wake somebody."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import pulumi
from pulumi import Input, ResourceOptions
from pulumi_aws import sns

from components.encryption_key import Service
from components.iam import Statement, allow, document
from components.tags import named

OWN_ALARMS: tuple[Service, ...] = ("cloudwatch", "budgets", "events.rds")
"""Services that say on whose behalf they publish, so that others' alarms are kept out."""
WITHOUT_AN_OWNER: tuple[Service, ...] = ("backup",)
"""AWS Backup documents its topic policy without a condition; one could silence it unnoticed.
https://docs.aws.amazon.com/aws-backup/latest/devguide/backup-notifications.html"""
PUBLISHERS: tuple[Service, ...] = (*OWN_ALARMS, *WITHOUT_AN_OWNER)
"""What has to be able to use the topics' key: with alias/aws/sns their messages are lost."""


@dataclass(frozen=True, kw_only=True)
class AlertsArgs:
    """Who is told, and what the messages are encrypted with.

    Attributes:
        emails: Told of everything.
        pager_emails: Told of alarms that cannot wait. None: there is no topic for them.
        key_arn: Encrypts the messages; its policy admits `PUBLISHERS`.
        account_id: The account whose alarms are let in.
        tags: On the topics.
    """

    emails: Sequence[str]
    pager_emails: Sequence[str] = ()
    key_arn: Input[str]
    account_id: Input[str]
    tags: dict[str, str]


class Alerts(pulumi.ComponentResource):
    """A topic for everything, and one for what has to wake somebody."""

    topic_arn: pulumi.Output[str]
    pager_topic_arn: pulumi.Output[str] | None

    def __init__(self, name: str, args: AlertsArgs, opts: ResourceOptions | None = None) -> None:
        super().__init__("mlflow-ha:aws:Alerts", name, None, opts)
        self.topic_arn = self._topic(f"{name}-all", args, args.emails)
        self.pager_topic_arn = (
            self._topic(f"{name}-pager", args, args.pager_emails) if args.pager_emails else None
        )
        self.register_outputs({"topic_arn": self.topic_arn})

    def _topic(self, name: str, args: AlertsArgs, emails: Sequence[str]) -> pulumi.Output[str]:
        child = ResourceOptions(parent=self)
        topic = sns.Topic(
            name, kms_master_key_id=args.key_arn, tags=named(args.tags, name), opts=child
        )
        sns.TopicPolicy(
            name, arn=topic.arn, policy=document(*_publishing(topic.arn, args)), opts=child
        )
        for email in emails:
            sns.TopicSubscription(
                f"{name}-{email}", topic=topic.arn, protocol="email", endpoint=email, opts=child
            )
        return topic.arn


def _publishing(topic_arn: Input[str], args: AlertsArgs) -> list[Statement]:
    ours = {"StringEquals": {"aws:SourceAccount": args.account_id}}
    return [
        *(_may_publish(service, topic_arn, ours) for service in OWN_ALARMS),
        *(_may_publish(service, topic_arn, None) for service in WITHOUT_AN_OWNER),
        {
            "Sid": "OnlyEncrypted",
            "Effect": "Deny",
            "Principal": "*",
            "Action": ["sns:Publish"],
            "Resource": [topic_arn],
            "Condition": {"Bool": {"aws:SecureTransport": "false"}},
        },
    ]


def _may_publish(
    service: str, topic_arn: Input[str], condition: dict[str, dict[str, Input[str]]] | None
) -> Statement:
    allowed = allow(["sns:Publish"], [topic_arn], conditions=condition)
    return {**allowed, "Principal": {"Service": f"{service}.amazonaws.com"}}
