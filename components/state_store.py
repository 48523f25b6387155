"""Where Pulumi keeps the states of one region's environments: a bucket and a key."""

from dataclasses import dataclass

import pulumi
from pulumi import Input, Output, ResourceOptions
from pulumi_aws import s3

from components.encryption_key import EncryptionKey, EncryptionKeyArgs
from components.private_bucket import keep_private
from components.tags import named

OLD_STATE_DAYS = 365
"""A state that was overwritten can be brought back so long."""

ABANDONED_UPLOAD_DAYS = 7

META = "version: 1\n"
"""What Pulumi writes into a new backend; put there first, so that no deploy role has to.
https://www.pulumi.com/docs/iac/concepts/state-and-backends/"""


@dataclass(frozen=True, kw_only=True)
class StateStoreArgs:
    """Args of `StateStore`.

    Args:
        account_id: Part of the bucket's name, which nobody else in the world may have.
        region: Where it is, the other part.
        tags: For every resource.
    """

    account_id: str
    region: str
    tags: dict[str, str]


class StateStore(pulumi.ComponentResource):
    """A bucket that keeps every version of every state; neither it nor its key can be deleted."""

    bucket: Output[str]
    bucket_arn: Output[str]
    key_arn: Output[str]

    def __init__(
        self, name: str, args: StateStoreArgs, opts: ResourceOptions | None = None
    ) -> None:
        super().__init__("mlflow-ha:aws:StateStore", name, None, opts)
        child = ResourceOptions(parent=self)
        key = EncryptionKey(
            name,
            EncryptionKeyArgs(
                purpose="Pulumi's state",
                account_id=args.account_id,
                region=args.region,
                protected=True,
                tags=args.tags,
            ),
            child,
        )
        bucket = s3.Bucket(
            name,
            # Fixed: it stands in the address that people and workflows log in to.
            bucket=f"mlflow-ha-state-{args.account_id}-{args.region}",
            tags=named(args.tags, name),
            opts=ResourceOptions(parent=self, protect=True),
        )
        _keep_versions(name, bucket, child)
        _encrypt(name, bucket, key.arn, child)
        closed = keep_private(name, bucket, parent=self)
        s3.BucketObjectv2(
            name,
            bucket=bucket.bucket,
            key=".pulumi/meta.yaml",
            content=META,
            tags=args.tags,
            opts=ResourceOptions(parent=self, depends_on=[closed]),
        )
        self.bucket = bucket.bucket
        self.bucket_arn = bucket.arn
        self.key_arn = key.arn
        self.register_outputs({"bucket": self.bucket, "key_arn": self.key_arn})


def _keep_versions(name: str, bucket: s3.Bucket, opts: ResourceOptions) -> None:
    s3.BucketVersioning(
        name,
        bucket=bucket.bucket,
        versioning_configuration=s3.BucketVersioningVersioningConfigurationArgs(status="Enabled"),
        opts=opts,
    )
    s3.BucketLifecycleConfiguration(
        name,
        bucket=bucket.bucket,
        rules=[
            s3.BucketLifecycleConfigurationRuleArgs(
                id="old-states",
                status="Enabled",
                filter=s3.BucketLifecycleConfigurationRuleFilterArgs(),
                noncurrent_version_expiration=s3.BucketLifecycleConfigurationRuleNoncurrentVersionExpirationArgs(
                    noncurrent_days=OLD_STATE_DAYS
                ),
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
        opts=opts,
    )


def _encrypt(name: str, bucket: s3.Bucket, key_arn: Input[str], opts: ResourceOptions) -> None:
    by_default = (
        s3.BucketServerSideEncryptionConfigurationRuleApplyServerSideEncryptionByDefaultArgs(
            sse_algorithm="aws:kms", kms_master_key_id=key_arn
        )
    )
    s3.BucketServerSideEncryptionConfiguration(
        name,
        bucket=bucket.bucket,
        rules=[
            s3.BucketServerSideEncryptionConfigurationRuleArgs(
                apply_server_side_encryption_by_default=by_default,
                bucket_key_enabled=True,
                blocked_encryption_types=["SSE-C"],
            )
        ],
        opts=opts,
    )
