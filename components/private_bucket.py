"""What makes any bucket of S3 private: no access lists, no public policy, no old encryption."""

from __future__ import annotations

import pulumi
from pulumi import Output, ResourceOptions
from pulumi_aws import s3

from components import iam
from components.resource_policy import refuse

OLDEST_TLS = "1.2"


def keep_private(
    name: str, bucket: s3.Bucket, *statements: iam.Statement, parent: pulumi.Resource
) -> s3.BucketPolicy:
    """Close a bucket to everybody whom no policy names.

    Args:
        name: Of the resources that are made.
        bucket: The bucket.
        statements: What its policy says besides the refusals that every bucket has. A bucket has one
            policy, so they cannot be added elsewhere.
        parent: Whose children the resources are.

    Returns:
        The policy. Who relies on the bucket's being closed, or on `statements`, waits for it.
    """
    s3.BucketOwnershipControls(
        name,
        bucket=bucket.id,
        rule=s3.BucketOwnershipControlsRuleArgs(object_ownership="BucketOwnerEnforced"),
        opts=ResourceOptions(parent=parent),
    )
    closed = s3.BucketPublicAccessBlock(
        name,
        bucket=bucket.id,
        block_public_acls=True,
        block_public_policy=True,
        ignore_public_acls=True,
        restrict_public_buckets=True,
        opts=ResourceOptions(parent=parent),
    )
    return s3.BucketPolicy(
        name,
        bucket=bucket.id,
        policy=iam.document(*_only_encrypted_connections(bucket.arn), *statements),
        # S3 answers a conflict when both are put at once.
        opts=ResourceOptions(parent=parent, depends_on=[closed]),
    )


def objects(bucket: s3.Bucket) -> Output[str]:
    """Return the ARN that stands for every object of a bucket."""
    return Output.concat(bucket.arn, "/*")


def _only_encrypted_connections(arn: Output[str]) -> tuple[iam.Statement, ...]:
    everything = [arn, Output.concat(arn, "/*")]
    return (
        refuse(
            ["s3:*"],
            everything,
            sid="RefusePlainHttp",
            conditions={"Bool": {"aws:SecureTransport": "false"}},
        ),
        refuse(
            ["s3:*"],
            everything,
            sid="RefuseOldTls",
            conditions={"NumericLessThan": {"s3:TlsVersion": OLDEST_TLS}},
        ),
    )
