"""Graphs that satisfy and break the rules of policies/durability.py."""

from __future__ import annotations

from typing import Any

from policies import durability as rules
from policies.resource import Resource
from tests.unit.policies.graphs import Pair, made

BUCKET = made("aws:s3/bucket:Bucket", protect=True)
VAULT = made("aws:backup/vault:Vault")
CLUSTER = "aws:rds/cluster:Cluster"
INSTANCE = "aws:rds/instance:Instance"
REPLICA = made(INSTANCE, replicateSourceDb="mlflow-ha-prod", skipFinalSnapshot=True)
DATA = (CLUSTER, INSTANCE, "aws:s3/bucket:Bucket", "aws:kms/key:Key", "aws:backup/vault:Vault")
GUARDED: dict[str, str] = {
    CLUSTER: "deletionProtection",
    INSTANCE: "deletionProtection",
    "aws:lb/loadBalancer:LoadBalancer": "enableDeletionProtection",
}
FORCED: dict[str, dict[str, Any]] = {
    "aws:s3/bucket:Bucket": {"forceDestroy": True},
    "aws:backup/vault:Vault": {"forceDestroy": True},
    "aws:ecr/repository:Repository": {"forceDelete": True},
    "aws:secretsmanager/secret:Secret": {"recoveryWindowInDays": 0},
}


def versioned(status: str, of: Resource = BUCKET) -> Resource:
    return made(
        "aws:s3/bucketVersioning:BucketVersioning",
        refers={"bucket": of},
        versioningConfiguration={"status": status},
    )


def lifecycle(*endings: str, status: str = "Enabled") -> Resource:
    return made(
        "aws:s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration",
        refers={"bucket": BUCKET},
        rules=[{"status": status, ending: {"days": 7}} for ending in endings],
    )


def _as(guard: str, *, on: bool) -> dict[str, Any]:
    return {guard: on}


BOTH = lifecycle("abortIncompleteMultipartUpload", "noncurrentVersionExpiration")
LOCK = made(
    "aws:backup/vaultLockConfiguration:VaultLockConfiguration", refers={"backupVaultName": VAULT}
)
COPIED = made("aws:s3/bucketReplicationConfig:BucketReplicationConfig", refers={"bucket": BUCKET})
SOURCE = made("aws:s3/bucket:Bucket", "source")
LOGGING = made(
    "aws:s3/bucketLogging:BucketLogging", refers={"bucket": SOURCE, "targetBucket": BUCKET}
)

PAIRS = (
    *(
        Pair(
            rules.nothing_that_holds_data_is_deleted_by_mistake,
            f"{type_.split(':')[-1]} unprotected",
            (made(type_, protect=True), REPLICA),
            (made(type_),),
        )
        for type_ in DATA
    ),
    *(
        Pair(
            rules.aws_refuses_to_delete_what_serves,
            f"{type_.split(':')[-1]} without deletion protection",
            (made(type_, **_as(guard, on=True)), REPLICA),
            (made(type_, **_as(guard, on=False)),),
        )
        for type_, guard in GUARDED.items()
    ),
    *(
        Pair(
            rules.nothing_is_emptied_to_be_deleted,
            f"{type_.split(':')[-1]} goes at once",
            (made(type_),),
            (made(type_, **inputs),),
        )
        for type_, inputs in FORCED.items()
    ),
    Pair(
        rules.databases_can_go_back,
        "six days in production",
        (made(CLUSTER, backupRetentionPeriod=7), REPLICA),
        (made(CLUSTER, backupRetentionPeriod=6),),
    ),
    Pair(
        rules.databases_can_go_back,
        "no backups in development",
        (made(INSTANCE, backupRetentionPeriod=1),),
        (made(INSTANCE),),
        stack="dev",
    ),
    Pair(
        rules.databases_leave_a_snapshot,
        "skips it",
        (made(CLUSTER, skipFinalSnapshot=False, finalSnapshotIdentifier="last"), REPLICA),
        (made(CLUSTER, skipFinalSnapshot=True, finalSnapshotIdentifier="last"),),
    ),
    Pair(
        rules.databases_leave_a_snapshot,
        "has no name for it, and fails then",
        (made(CLUSTER, finalSnapshotIdentifier="last"),),
        (made(CLUSTER, skipFinalSnapshot=False),),
    ),
    Pair(
        rules.overwritten_objects_can_be_brought_back,
        "suspended versioning",
        (BUCKET, versioned("Enabled")),
        (BUCKET, versioned("Suspended")),
        stack="dev",
    ),
    Pair(
        rules.overwritten_objects_can_be_brought_back,
        "no versioning, and no log target",
        (SOURCE, versioned("Enabled", SOURCE), LOGGING, BUCKET),
        (BUCKET,),
    ),
    Pair(
        rules.nothing_is_kept_unseen,
        "abandoned uploads stay",
        (BUCKET, lifecycle("abortIncompleteMultipartUpload")),
        (BUCKET,),
        stack="dev",
    ),
    Pair(
        rules.nothing_is_kept_unseen,
        "old versions stay",
        (BUCKET, versioned("Enabled"), BOTH),
        (BUCKET, versioned("Enabled"), lifecycle("abortIncompleteMultipartUpload")),
    ),
    Pair(
        rules.nothing_is_kept_unseen,
        "a rule that is off",
        (BUCKET, lifecycle("abortIncompleteMultipartUpload")),
        (BUCKET, lifecycle("abortIncompleteMultipartUpload", status="Disabled")),
    ),
    Pair(
        rules.artifacts_have_a_copy_elsewhere,
        "a second region, and no replication",
        (BUCKET, COPIED),
        (BUCKET,),
    ),
    Pair(rules.backups_are_locked, "no lock", (VAULT, LOCK), (VAULT,)),
    Pair(
        rules.backups_are_locked,
        "a lock that was asked for in development",
        (VAULT, LOCK),
        (VAULT,),
        stack="dev",
        aws={"recovery": {"vault_lock": "governance"}},
    ),
    Pair(
        rules.logs_end_and_not_too_soon,
        "a fortnight in production",
        (made("aws:cloudwatch/logGroup:LogGroup", retentionInDays=30),),
        (made("aws:cloudwatch/logGroup:LogGroup", retentionInDays=14),),
    ),
    Pair(
        rules.logs_end_and_not_too_soon,
        "for ever",
        (made("aws:cloudwatch/logGroup:LogGroup", retentionInDays=1),),
        (made("aws:cloudwatch/logGroup:LogGroup"),),
        stack="dev",
    ),
)
