"""A record of who spoke to whom in the VPC, accepted or refused."""

from __future__ import annotations

from dataclasses import dataclass

import pulumi
from pulumi import Input, Output, ResourceOptions
from pulumi_aws import cloudwatch, ec2
from pulumi_aws import iam as aws_iam

from components import iam
from components.tags import named

INTERVAL = 600
"""Seconds that are summed up in one record; the shorter choice, 60, costs up to ten times as much."""


@dataclass(frozen=True, kw_only=True)
class FlowLogsArgs:
    """Args of `FlowLogs`.

    Args:
        vpc_id: The VPC that is watched.
        days: How long records are kept.
        log_key_arn: The key they are encrypted with.
        account_id: The account on whose behalf the service may write.
        region: Where the log group is.
        tags: For every resource.
    """

    vpc_id: Input[str]
    days: int
    log_key_arn: Input[str]
    account_id: Input[str]
    region: str
    tags: dict[str, str]


class FlowLogs(pulumi.ComponentResource):
    """All traffic of a VPC, in a log group of its own."""

    log_group_name: Output[str]

    def __init__(self, name: str, args: FlowLogsArgs, opts: ResourceOptions | None = None) -> None:
        super().__init__("mlflow-ha:aws:FlowLogs", name, None, opts)
        group = cloudwatch.LogGroup(
            name,
            retention_in_days=args.days,
            kms_key_id=args.log_key_arn,
            tags=named(args.tags, name),
            opts=ResourceOptions(parent=self),
        )
        role = aws_iam.Role(
            name,
            assume_role_policy=iam.assumed_by(
                "vpc-flow-logs.amazonaws.com",
                conditions={"StringEquals": {"aws:SourceAccount": args.account_id}},
            ),
            tags=named(args.tags, name),
            opts=ResourceOptions(parent=self),
        )
        writing = aws_iam.RolePolicy(
            name,
            role=role.name,
            policy=iam.document(
                iam.allow(
                    ["logs:CreateLogStream", "logs:DescribeLogStreams", "logs:PutLogEvents"],
                    [Output.concat(group.arn, ":*")],
                ),
                # A list of groups cannot be asked for one of them.
                iam.allow(
                    ["logs:DescribeLogGroups"],
                    [
                        Output.concat(
                            f"arn:aws:logs:{args.region}:", args.account_id, ":log-group:*"
                        )
                    ],
                ),
            ),
            opts=ResourceOptions(parent=self),
        )
        ec2.FlowLog(
            name,
            vpc_id=args.vpc_id,
            traffic_type="ALL",
            log_destination=group.arn,
            iam_role_arn=role.arn,
            max_aggregation_interval=INTERVAL,
            tags=named(args.tags, name),
            # Without the permission the first records are lost.
            opts=ResourceOptions(parent=self, depends_on=[writing]),
        )
        self.log_group_name = group.name
        self.register_outputs({"log_group_name": self.log_group_name})
