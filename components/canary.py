"""The canary: a registration through the front door every few minutes, by a Lambda in the VPC."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import pulumi
from pulumi import Input, Output, ResourceOptions
from pulumi_aws import cloudwatch, iam, lambda_, scheduler

from components.iam import allow, allow_any, assumed_by, document
from components.tags import named
from observability.canary import NAMESPACE

CODE = Path(__file__).parent / "canary_function"
HANDLER = "components.canary_function.handler.handle"
SECONDS = 90
"""Longest run: five steps of 15 s at most, and a cold start."""
MEMORY_MIB = 256
_INTERFACES = (
    "ec2:CreateNetworkInterface",
    "ec2:DescribeNetworkInterfaces",
    "ec2:DescribeSubnets",
    "ec2:DeleteNetworkInterface",
    "ec2:AssignPrivateIpAddresses",
    "ec2:UnassignPrivateIpAddresses",
)
_MINUTE = 60


@dataclass(frozen=True, kw_only=True)
class CanaryArgs:
    """Where the canary is, what it registers with, and how often.

    Attributes:
        environment: Dimension of its metrics.
        every_minutes: Between runs.
        front_door: Host name of the service, which is called by HTTPS.
        subnet_ids: Private subnets, one in each zone.
        security_group_id: May reach the door and AWS's services.
        secret_arn: JSON with username and password of an MLflow user without privileges.
        secret_key_arn: What the secret is encrypted with.
        log_key_arn: Encrypts the log; its policy admits "logs".
        log_days: How long a line is kept.
        account_id: The account of all these.
        region: Their region.
        tags: On everything that can have them.
    """

    environment: str
    every_minutes: int
    front_door: Input[str]
    subnet_ids: Sequence[Input[str]]
    security_group_id: Input[str]
    secret_arn: Input[str]
    secret_key_arn: Input[str]
    log_key_arn: Input[str]
    log_days: int
    account_id: Input[str]
    region: str
    tags: dict[str, str]


class Canary(pulumi.ComponentResource):
    """A function, its schedule, and its log, from which CloudWatch takes the metrics."""

    function_name: Output[str]

    def __init__(self, name: str, args: CanaryArgs, opts: ResourceOptions | None = None) -> None:
        super().__init__("mlflow-ha:aws:Canary", name, None, opts)
        self._name, self._args = name, args
        self._child = ResourceOptions(parent=self)
        self._log = cloudwatch.LogGroup(
            name,
            kms_key_id=args.log_key_arn,
            retention_in_days=args.log_days,
            tags=named(args.tags, name),
            opts=self._child,
        )
        function = self._function()
        lambda_.FunctionEventInvokeConfig(
            name,
            function_name=function.name,
            maximum_retry_attempts=0,
            maximum_event_age_in_seconds=_MINUTE,
            opts=self._child,
        )
        self._schedule(function)
        self.function_name = function.name
        self.register_outputs({"function_name": function.name})

    def _function(self) -> lambda_.Function:
        args = self._args
        role = iam.Role(
            f"{self._name}-function",
            assume_role_policy=assumed_by("lambda.amazonaws.com"),
            tags=named(args.tags, f"{self._name}-function"),
            opts=self._child,
        )
        permitted = iam.RolePolicy(
            f"{self._name}-function",
            role=role.name,
            policy=document(
                allow(
                    ["logs:CreateLogStream", "logs:PutLogEvents"],
                    [Output.concat(self._log.arn, ":*")],
                ),
                allow(["secretsmanager:GetSecretValue"], [args.secret_arn]),
                allow(
                    ["kms:Decrypt"],
                    [args.secret_key_arn],
                    conditions={
                        "StringEquals": {
                            "kms:ViaService": f"secretsmanager.{args.region}.amazonaws.com"
                        }
                    },
                ),
                allow_any(
                    _INTERFACES,
                    because="Lambda checks that it may place interfaces before any of them exists",
                ),
            ),
            opts=self._child,
        )
        return lambda_.Function(
            self._name,
            runtime="python3.13",
            architectures=["arm64"],
            handler=HANDLER,
            code=pulumi.AssetArchive(code()),
            role=role.arn,
            timeout=SECONDS,
            memory_size=MEMORY_MIB,
            environment=lambda_.FunctionEnvironmentArgs(
                variables={
                    "ENVIRONMENT": args.environment,
                    "FRONT_DOOR": Output.concat("https://", args.front_door),
                    "INTERVAL_SECONDS": str(args.every_minutes * _MINUTE),
                    "NAMESPACE": NAMESPACE,
                    "SECRET_ARN": args.secret_arn,
                }
            ),
            vpc_config=lambda_.FunctionVpcConfigArgs(
                subnet_ids=list(args.subnet_ids), security_group_ids=[args.security_group_id]
            ),
            logging_config=lambda_.FunctionLoggingConfigArgs(
                log_format="Text", log_group=self._log.name
            ),
            tags=named(args.tags, self._name),
            opts=ResourceOptions(parent=self, depends_on=[permitted]),
        )

    def _schedule(self, function: lambda_.Function) -> None:
        args, name = self._args, f"{self._name}-schedule"
        role = iam.Role(
            name,
            assume_role_policy=assumed_by(
                "scheduler.amazonaws.com",
                conditions={"StringEquals": {"aws:SourceAccount": args.account_id}},
            ),
            tags=named(args.tags, name),
            opts=self._child,
        )
        permitted = iam.RolePolicy(
            name,
            role=role.name,
            policy=document(allow(["lambda:InvokeFunction"], [function.arn])),
            opts=self._child,
        )
        scheduler.Schedule(
            self._name,
            schedule_expression=every(args.every_minutes),
            flexible_time_window=scheduler.ScheduleFlexibleTimeWindowArgs(mode="OFF"),
            target=scheduler.ScheduleTargetArgs(
                arn=function.arn,
                role_arn=role.arn,
                retry_policy=scheduler.ScheduleTargetRetryPolicyArgs(
                    maximum_retry_attempts=0, maximum_event_age_in_seconds=_MINUTE
                ),
            ),
            opts=ResourceOptions(parent=self, depends_on=[permitted]),
        )


def code() -> dict[str, pulumi.Asset | pulumi.Archive]:
    """Return the function's files by the names under which it imports them."""
    root = CODE.parent.parent
    return {
        file.relative_to(root).as_posix(): pulumi.FileAsset(str(file))
        for file in sorted(CODE.glob("*.py"))
    }


def every(minutes: int) -> str:
    """Return a schedule as EventBridge spells it."""
    return f"rate({minutes} minute{'' if minutes == 1 else 's'})"
