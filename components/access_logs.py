"""The bucket that the load balancer and other buckets write their access logs to."""

from __future__ import annotations

from dataclasses import dataclass

import pulumi
from pulumi import Input, Output, ResourceOptions
from pulumi_aws import s3

from components import iam
from components.private_bucket import keep_private
from components.resource_policy import granted_to, service
from components.tags import named

BALANCER_PREFIX = "balancer"
"""Where the load balancer's logs are; it adds `/AWSLogs/` and the account itself."""
BUCKET_PREFIX = "bucket/"
"""Where logs of other buckets are."""
ABANDONED_UPLOAD_DAYS = 7


@dataclass(frozen=True, kw_only=True)
class AccessLogsArgs:
    """Args of `AccessLogs`.

    Args:
        account_id: The account whose load balancer and buckets may write.
        days: How long logs are kept.
        protected: Neither Pulumi nor a changed program may delete the bucket, full or empty.
        tags: For every resource.
    """

    account_id: Input[str]
    days: int
    protected: bool
    tags: dict[str, str]


class AccessLogs(pulumi.ComponentResource):
    """A private bucket that only services of AWS write to.

    `bucket` is known once its policy is there: who is given it may start to log at once.
    """

    bucket: Output[str]

    def __init__(
        self, name: str, args: AccessLogsArgs, opts: ResourceOptions | None = None
    ) -> None:
        super().__init__("mlflow-ha:aws:AccessLogs", name, None, opts)
        bucket = s3.Bucket(
            name,
            force_destroy=not args.protected,
            tags=named(args.tags, name),
            opts=ResourceOptions(parent=self, protect=args.protected),
        )
        s3.BucketServerSideEncryptionConfiguration(
            name,
            bucket=bucket.id,
            rules=[
                s3.BucketServerSideEncryptionConfigurationRuleArgs(
                    # The load balancer writes to no bucket that is encrypted with a key of KMS.
                    apply_server_side_encryption_by_default=s3.BucketServerSideEncryptionConfigurationRuleApplyServerSideEncryptionByDefaultArgs(
                        sse_algorithm="AES256"
                    ),
                    blocked_encryption_types=["SSE-C"],
                )
            ],
            opts=ResourceOptions(parent=self),
        )
        s3.BucketLifecycleConfiguration(
            name,
            bucket=bucket.id,
            rules=[
                s3.BucketLifecycleConfigurationRuleArgs(
                    id="old-logs",
                    status="Enabled",
                    filter=s3.BucketLifecycleConfigurationRuleFilterArgs(),
                    expiration=s3.BucketLifecycleConfigurationRuleExpirationArgs(days=args.days),
                ),
                s3.BucketLifecycleConfigurationRuleArgs(
                    id="abandoned-uploads",
                    status="Enabled",
                    filter=s3.BucketLifecycleConfigurationRuleFilterArgs(),
                    abort_incomplete_multipart_upload=s3.BucketLifecycleConfigurationRuleAbortIncompleteMultipartUploadArgs(
                        days_after_initiation=ABANDONED_UPLOAD_DAYS
                    ),
                ),
            ],
            opts=ResourceOptions(parent=self),
        )
        policy = keep_private(name, bucket, *_writers(bucket, args.account_id), parent=self)
        self.bucket = Output.all(bucket.id, policy.id).apply(lambda both: str(both[0]))
        self.register_outputs({"bucket": self.bucket})


def _writers(bucket: s3.Bucket, account_id: Input[str]) -> tuple[iam.Statement, ...]:
    return (
        # The path names the account, and the balancer's service writes to no other path.
        granted_to(
            service("logdelivery.elasticloadbalancing.amazonaws.com"),
            iam.allow(
                ["s3:PutObject"],
                [Output.concat(bucket.arn, f"/{BALANCER_PREFIX}/AWSLogs/", account_id, "/*")],
            ),
        ),
        granted_to(
            service("logging.s3.amazonaws.com"),
            iam.allow(
                ["s3:PutObject"],
                [Output.concat(bucket.arn, f"/{BUCKET_PREFIX}*")],
                conditions={"StringEquals": {"aws:SourceAccount": account_id}},
            ),
        ),
    )
