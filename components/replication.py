"""The copy of a bucket in the second region, made by S3 as objects are written."""

from __future__ import annotations

from dataclasses import dataclass

import pulumi
from pulumi import Input, Output, ResourceOptions
from pulumi_aws import iam as aws_iam
from pulumi_aws import s3

from components import iam
from components.tags import named
from setting_groups.aws.recovery import SecondRegion

RULE = "everything"
"""The rule's id: metrics of the replication carry it."""
PROMISED_MINUTES = 15
"""S3 promises to copy nearly every object in that time, and takes no other number.
https://docs.aws.amazon.com/AmazonS3/latest/userguide/replication-time-control.html"""


@dataclass(frozen=True, kw_only=True)
class ReplicationArgs:
    """Args of `Replication`.

    Args:
        bucket: The name of what is copied, known once it is versioned.
        bucket_arn: Its ARN.
        key_arn: The key of what is copied.
        region: Where that is.
        second_region: Where the copy goes, and its bucket and key there.
        tags: For every resource.
    """

    bucket: Input[str]
    bucket_arn: Input[str]
    key_arn: Input[str]
    region: str
    second_region: SecondRegion
    tags: dict[str, str]


class Replication(pulumi.ComponentResource):
    """Every new object, its tags and its deletion, copied within a promised time.

    A deletion is copied as a marker only: what was there stays in both regions for as long as old
    versions are kept. What was written before the replication existed is not copied.
    """

    def __init__(
        self, name: str, args: ReplicationArgs, opts: ResourceOptions | None = None
    ) -> None:
        super().__init__("mlflow-ha:aws:Replication", name, None, opts)
        role = aws_iam.Role(
            name,
            assume_role_policy=iam.assumed_by("s3.amazonaws.com"),
            tags=named(args.tags, name),
            opts=ResourceOptions(parent=self),
        )
        permission = aws_iam.RolePolicy(
            name,
            role=role.name,
            policy=iam.document(*_reading(args), *_writing(args.second_region)),
            opts=ResourceOptions(parent=self),
        )
        s3.BucketReplicationConfig(
            name,
            bucket=args.bucket,
            role=role.arn,
            rules=[_everything(args.second_region)],
            # Objects that arrive before the permission fail, and are not tried again.
            opts=ResourceOptions(parent=self, depends_on=[permission]),
        )
        self.register_outputs({})


def _reading(args: ReplicationArgs) -> tuple[iam.Statement, ...]:
    return (
        iam.allow(["s3:GetReplicationConfiguration", "s3:ListBucket"], [args.bucket_arn]),
        iam.allow(
            [
                "s3:GetObjectVersionForReplication",
                "s3:GetObjectVersionAcl",
                "s3:GetObjectVersionTagging",
            ],
            [Output.concat(args.bucket_arn, "/*")],
        ),
        _using(["kms:Decrypt"], args.key_arn, region=args.region, bucket_arn=args.bucket_arn),
    )


def _writing(second: SecondRegion) -> tuple[iam.Statement, ...]:
    return (
        iam.allow(
            ["s3:ReplicateObject", "s3:ReplicateDelete", "s3:ReplicateTags"],
            [f"{second.bucket_arn}/*"],
        ),
        # A bucket key is read back before it is used again, hence Decrypt.
        _using(
            ["kms:Encrypt", "kms:GenerateDataKey", "kms:Decrypt"],
            second.bucket_key_arn,
            region=second.region,
            bucket_arn=second.bucket_arn,
        ),
    )


def _using(
    actions: list[str], key_arn: Input[str], *, region: str, bucket_arn: Input[str]
) -> iam.Statement:
    """Allow a key through S3 only, for one bucket: its own ARN (bucket keys) or an object's."""
    return iam.allow(
        actions,
        [key_arn],
        conditions={
            "StringEquals": {"kms:ViaService": f"s3.{region}.amazonaws.com"},
            "StringLike": {
                "kms:EncryptionContext:aws:s3:arn": [bucket_arn, Output.concat(bucket_arn, "/*")]
            },
        },
    )


def _everything(second: SecondRegion) -> s3.BucketReplicationConfigRuleArgs:
    return s3.BucketReplicationConfigRuleArgs(
        id=RULE,
        priority=1,
        status="Enabled",
        filter=s3.BucketReplicationConfigRuleFilterArgs(prefix=""),
        delete_marker_replication=s3.BucketReplicationConfigRuleDeleteMarkerReplicationArgs(
            status="Enabled"
        ),
        source_selection_criteria=s3.BucketReplicationConfigRuleSourceSelectionCriteriaArgs(
            sse_kms_encrypted_objects=s3.BucketReplicationConfigRuleSourceSelectionCriteriaSseKmsEncryptedObjectsArgs(
                status="Enabled"
            )
        ),
        destination=s3.BucketReplicationConfigRuleDestinationArgs(
            bucket=second.bucket_arn,
            encryption_configuration=s3.BucketReplicationConfigRuleDestinationEncryptionConfigurationArgs(
                replica_kms_key_id=second.bucket_key_arn
            ),
            metrics=s3.BucketReplicationConfigRuleDestinationMetricsArgs(
                status="Enabled",
                event_threshold=s3.BucketReplicationConfigRuleDestinationMetricsEventThresholdArgs(
                    minutes=PROMISED_MINUTES
                ),
            ),
            replication_time=s3.BucketReplicationConfigRuleDestinationReplicationTimeArgs(
                status="Enabled",
                time=s3.BucketReplicationConfigRuleDestinationReplicationTimeTimeArgs(
                    minutes=PROMISED_MINUTES
                ),
            ),
        ),
    )
