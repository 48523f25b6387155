"""The role that a running MLflow task has: its artifacts, and nothing else."""

from dataclasses import dataclass

import pulumi
from pulumi import Input, Output, ResourceOptions
from pulumi_aws import iam

from components.execution_role import tasks_of
from components.iam import allow, document


@dataclass(frozen=True, kw_only=True)
class TaskRoleArgs:
    """Args of `TaskRole`.

    Args:
        bucket_arn: The bucket of the artifacts.
        prefix: What the names of all artifacts begin with, without a slash at its end.
        bucket_key_arn: The key that the bucket is encrypted with.
        account_id: Only tasks of this account may take the role.
        region: The bucket's and the task's region.
        tags: For every resource.
    """

    bucket_arn: Input[str]
    prefix: str
    bucket_key_arn: Input[str]
    account_id: Input[str]
    region: str
    tags: dict[str, str]


class TaskRole(pulumi.ComponentResource):
    """Reads, writes and deletes under one prefix of one bucket.

    It cannot delete a version, so what MLflow deletes can be brought back. `arn` is known once the
    role's policy is attached.
    """

    arn: Output[str]

    def __init__(self, name: str, args: TaskRoleArgs, opts: ResourceOptions | None = None) -> None:
        super().__init__("mlflow-ha:aws:TaskRole", name, None, opts)
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


def _permissions(args: TaskRoleArgs) -> Output[str]:
    return document(
        allow(
            [
                "s3:GetObject",
                "s3:PutObject",
                "s3:DeleteObject",
                "s3:AbortMultipartUpload",
                "s3:ListMultipartUploadParts",
            ],
            [Output.concat(args.bucket_arn, "/", args.prefix, "/*")],
        ),
        allow(
            ["s3:ListBucket"],
            [args.bucket_arn],
            # "IfExists": HeadBucket asks without a prefix, and without it a missing object is 403.
            conditions={"StringLikeIfExists": {"s3:prefix": [args.prefix, f"{args.prefix}/*"]}},
        ),
        allow(
            ["kms:Decrypt", "kms:GenerateDataKey"],
            [args.bucket_key_arn],
            conditions={"StringEquals": {"kms:ViaService": f"s3.{args.region}.amazonaws.com"}},
        ),
    )
