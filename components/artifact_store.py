"""The bucket of artifacts and dumps: versioned, encrypted, private, and copied if asked for."""

from __future__ import annotations

from dataclasses import dataclass

import pulumi
from pulumi import Input, Output, ResourceOptions
from pulumi_aws import s3

from components import iam
from components.access_logs import ABANDONED_UPLOAD_DAYS, BUCKET_PREFIX
from components.private_bucket import keep_private, objects
from components.replication import Replication, ReplicationArgs
from components.resource_policy import refuse
from components.tags import named
from setting_groups.aws.recovery import Recovery

ARTIFACTS_PREFIX = "artifacts"
"""Where MLflow keeps artifacts."""
DUMPS_PREFIX = "dumps"
"""Where logical dumps of the database are kept; they go when backups of that age go."""

_ALGORITHM = "s3:x-amz-server-side-encryption"
_KEY = "s3:x-amz-server-side-encryption-aws-kms-key-id"


@dataclass(frozen=True, kw_only=True)
class ArtifactStoreArgs:
    """Args of `ArtifactStore`.

    Args:
        key_arn: The key everything is encrypted with.
        access_logs_bucket: Where it is logged who read and wrote.
        recovery: How long what was deleted is kept, and where copies go.
        region: Where the bucket is.
        protected: Neither Pulumi nor a changed program may delete the bucket, full or empty.
        tags: For every resource.
    """

    key_arn: Input[str]
    access_logs_bucket: Input[str]
    recovery: Recovery
    region: str
    protected: bool
    tags: dict[str, str]


class ArtifactStore(pulumi.ComponentResource):
    """A bucket that forgets nothing at once.

    `bucket` is known once versioning and the policy are there: nothing is written before.
    """

    bucket: Output[str]
    arn: Output[str]

    def __init__(
        self, name: str, args: ArtifactStoreArgs, opts: ResourceOptions | None = None
    ) -> None:
        super().__init__("mlflow-ha:aws:ArtifactStore", name, None, opts)
        bucket = s3.Bucket(
            name,
            force_destroy=not args.protected,
            tags=named(args.tags, name),
            opts=ResourceOptions(parent=self, protect=args.protected),
        )
        versioning = s3.BucketVersioning(
            name,
            bucket=bucket.id,
            versioning_configuration=s3.BucketVersioningVersioningConfigurationArgs(
                status="Enabled"
            ),
            opts=ResourceOptions(parent=self),
        )
        s3.BucketServerSideEncryptionConfiguration(
            name,
            bucket=bucket.id,
            rules=[_encryption(args.key_arn)],
            opts=ResourceOptions(parent=self),
        )
        policy = keep_private(name, bucket, *_only_this_key(bucket, args.key_arn), parent=self)
        s3.BucketLifecycleConfiguration(
            name,
            bucket=bucket.id,
            rules=_lifecycle(args.recovery),
            # Rules about old versions are refused where there are no versions.
            opts=ResourceOptions(parent=self, depends_on=[versioning]),
        )
        s3.BucketLogging(
            name,
            bucket=bucket.id,
            target_bucket=args.access_logs_bucket,
            target_prefix=BUCKET_PREFIX,
            opts=ResourceOptions(parent=self),
        )
        if args.recovery.second_region:
            Replication(
                f"{name}-copy",
                ReplicationArgs(
                    bucket=_known_after(bucket, versioning.id),
                    bucket_arn=bucket.arn,
                    key_arn=args.key_arn,
                    region=args.region,
                    second_region=args.recovery.second_region,
                    tags=args.tags,
                ),
                ResourceOptions(parent=self),
            )
        self.bucket = _known_after(bucket, versioning.id, policy.id)
        self.arn = bucket.arn
        self.register_outputs({"bucket": self.bucket, "arn": self.arn})


def _known_after(bucket: s3.Bucket, *needed: Output[str]) -> Output[str]:
    return Output.all(bucket.id, *needed).apply(lambda values: str(values[0]))


def _encryption(
    key_arn: Input[str],
) -> s3.BucketServerSideEncryptionConfigurationRuleArgs:
    return s3.BucketServerSideEncryptionConfigurationRuleArgs(
        apply_server_side_encryption_by_default=s3.BucketServerSideEncryptionConfigurationRuleApplyServerSideEncryptionByDefaultArgs(
            sse_algorithm="aws:kms", kms_master_key_id=key_arn
        ),
        # One call to KMS for many objects instead of one for each.
        bucket_key_enabled=True,
        # Keys that the caller keeps: nobody else could read, copy or restore the object.
        blocked_encryption_types=["SSE-C"],
    )


def _only_this_key(bucket: s3.Bucket, key_arn: Input[str]) -> tuple[iam.Statement, ...]:
    """Refuse objects that ask for another encryption; one that asks for none gets the bucket's."""
    return (
        refuse(
            ["s3:PutObject"],
            [objects(bucket)],
            sid="RefuseOtherKeys",
            conditions={"Null": {_KEY: "false"}, "StringNotEquals": {_KEY: key_arn}},
        ),
        refuse(
            ["s3:PutObject"],
            [objects(bucket)],
            sid="RefuseAlgorithmsWithoutKey",
            conditions={"Null": {_ALGORITHM: "false", _KEY: "true"}},
        ),
    )


def _lifecycle(recovery: Recovery) -> list[s3.BucketLifecycleConfigurationRuleArgs]:
    everywhere = s3.BucketLifecycleConfigurationRuleFilterArgs()
    return [
        s3.BucketLifecycleConfigurationRuleArgs(
            id="superseded",
            status="Enabled",
            filter=everywhere,
            noncurrent_version_expiration=s3.BucketLifecycleConfigurationRuleNoncurrentVersionExpirationArgs(
                noncurrent_days=recovery.noncurrent_days
            ),
            expiration=s3.BucketLifecycleConfigurationRuleExpirationArgs(
                expired_object_delete_marker=True
            ),
        ),
        s3.BucketLifecycleConfigurationRuleArgs(
            id="dumps",
            status="Enabled",
            filter=s3.BucketLifecycleConfigurationRuleFilterArgs(prefix=f"{DUMPS_PREFIX}/"),
            expiration=s3.BucketLifecycleConfigurationRuleExpirationArgs(days=recovery.vault_days),
        ),
        s3.BucketLifecycleConfigurationRuleArgs(
            id="abandoned-uploads",
            status="Enabled",
            filter=everywhere,
            abort_incomplete_multipart_upload=s3.BucketLifecycleConfigurationRuleAbortIncompleteMultipartUploadArgs(
                days_after_initiation=ABANDONED_UPLOAD_DAYS
            ),
        ),
    ]
