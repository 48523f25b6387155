"""The role with which Fargate starts a task: before any of our own code runs."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

import pulumi
from pulumi import Input, Output, ResourceOptions
from pulumi_aws import iam

from components.iam import allow, allow_any, assumed_by, document

_ECR_IMAGE = re.compile(
    r"(?P<account>\d{12})\.dkr\.ecr\.(?P<region>[a-z0-9-]+)\.amazonaws\.com/(?P<repository>[^@:]+)"
)


@dataclass(frozen=True, kw_only=True)
class ExecutionRoleArgs:
    """Args of `ExecutionRole`.

    Args:
        image: Address of the task's image; its repository may be pulled from.
        secret_arns: The secrets that the task's definition names; no others can be read.
        secrets_key_arn: The key that they are encrypted with.
        log_group_arn: The log group that the task writes to, without the `:*` of its streams.
        account_id: Only tasks of this account may take the role.
        region: The task's region.
        tags: For every resource.
    """

    image: str
    secret_arns: Sequence[Input[str]]
    secrets_key_arn: Input[str]
    log_group_arn: Input[str]
    account_id: Input[str]
    region: str
    tags: dict[str, str]


class ExecutionRole(pulumi.ComponentResource):
    """What Fargate's agent needs to start one kind of task, and nothing for the task itself.

    `arn` is known once the role's policy is attached: a task that starts earlier fails.
    """

    arn: Output[str]

    def __init__(
        self, name: str, args: ExecutionRoleArgs, opts: ResourceOptions | None = None
    ) -> None:
        super().__init__("mlflow-ha:aws:ExecutionRole", name, None, opts)
        role = iam.Role(
            name,
            assume_role_policy=tasks_of(args.account_id, args.region),
            tags=args.tags,
            opts=ResourceOptions(parent=self),
        )
        policy = iam.RolePolicy(
            name,
            role=role.name,
            policy=_permissions(args),
            opts=ResourceOptions(parent=self),
        )
        self.arn = Output.all(role.arn, policy.id).apply(lambda known: str(known[0]))
        self.register_outputs({"arn": self.arn})


def tasks_of(account_id: Input[str], region: str) -> Output[str]:
    """The trust policy that lets ECS tasks of this account and region in, and nobody else's."""
    return assumed_by(
        "ecs-tasks.amazonaws.com",
        conditions={
            "StringEquals": {"aws:SourceAccount": account_id},
            "ArnLike": {
                "aws:SourceArn": Output.concat("arn:aws:ecs:", region, ":", account_id, ":*")
            },
        },
    )


def repository_arn(image: str) -> str:
    """The ARN of the ECR repository that an image's address names.

    Raises:
        ValueError: The address is not one of a private ECR repository.
    """
    parts = _ECR_IMAGE.match(image)
    if parts is None:
        raise ValueError(
            f"image {image!r}: is not in an ECR repository, where alone tasks may pull from. "
            "Use ACCOUNT.dkr.ecr.REGION.amazonaws.com/NAME@sha256:DIGEST"
        )
    return f"arn:aws:ecr:{parts['region']}:{parts['account']}:repository/{parts['repository']}"


def _permissions(args: ExecutionRoleArgs) -> Output[str]:
    return document(
        allow_any(["ecr:GetAuthorizationToken"], because="a token belongs to no repository"),
        allow(
            [
                "ecr:BatchCheckLayerAvailability",
                "ecr:GetDownloadUrlForLayer",
                "ecr:BatchGetImage",
            ],
            [repository_arn(args.image)],
        ),
        allow(["secretsmanager:GetSecretValue"], args.secret_arns),
        allow(
            ["kms:Decrypt"],
            [args.secrets_key_arn],
            conditions={
                "StringEquals": {"kms:ViaService": f"secretsmanager.{args.region}.amazonaws.com"}
            },
        ),
        allow(
            ["logs:CreateLogStream", "logs:PutLogEvents"],
            [Output.concat(args.log_group_arn, ":*")],
        ),
    )
