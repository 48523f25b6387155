"""What was acknowledged stays: nothing deletes it by mistake, and there is a copy to go back to.

Deletion protection only in production: elsewhere, taking an environment down is an ordinary day.
"""

from __future__ import annotations

from collections.abc import Iterator

from policies.buckets import BUCKET, parts, takes_logs
from policies.graph import Graph
from policies.resource import Resource
from policies.violation import Violation

LEAST_BACKUP_DAYS = 7
"""Days in production: a mistake made before a long weekend can still be undone after it."""
LEAST_LOG_DAYS = 30
"""Days in production: an incident is often understood weeks later."""
_CLUSTER = "aws:rds/cluster:Cluster"
_INSTANCE = "aws:rds/instance:Instance"
_VAULT = "aws:backup/vault:Vault"
_SECRET = "aws:secretsmanager/secret:Secret"  # noqa: S105 - a type's name
_VERSIONED = "aws:s3/bucketVersioning:BucketVersioning"
_LIFECYCLE = "aws:s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration"


def nothing_that_holds_data_is_deleted_by_mistake(graph: Graph) -> Iterator[Violation]:
    """In production the engine refuses to delete databases, buckets, keys and vaults.

    Log buckets included: they are the evidence. A key without which nothing can be read counts as
    data. Read replicas do not: their source has everything.
    """
    if not graph.asked.production:
        return
    for resource in graph.of(_CLUSTER, _INSTANCE, BUCKET, "aws:kms/key:Key", _VAULT):
        if not resource.protect and not _is_replica(resource):
            yield Violation(resource, "protect is not set", "Set ResourceOptions(protect=True)")


def aws_refuses_to_delete_what_serves(graph: Graph) -> Iterator[Violation]:
    """In production AWS itself refuses to delete the database and the balancer, whoever asks."""
    guarded = {
        _CLUSTER: "deletionProtection",
        _INSTANCE: "deletionProtection",
        "aws:lb/loadBalancer:LoadBalancer": "enableDeletionProtection",
    }
    for resource in graph.of(*guarded) if graph.asked.production else ():
        if not resource.at(guarded[resource.type]) and not _is_replica(resource):
            yield Violation(resource, f"{guarded[resource.type]} is not set", "Set it to true")


def nothing_is_emptied_to_be_deleted(graph: Graph) -> Iterator[Violation]:
    """In production no bucket, repository, vault or secret goes with what is in it, at once."""
    if not graph.asked.production:
        return
    forced = {
        BUCKET: "forceDestroy",
        _VAULT: "forceDestroy",
        "aws:ecr/repository:Repository": "forceDelete",
    }
    for resource in graph.of(*forced):
        if resource.at(forced[resource.type]):
            yield Violation(resource, f"{forced[resource.type]} true", "Remove it")
    for secret in graph.of(_SECRET):
        if secret.at("recoveryWindowInDays") == 0:
            yield Violation(secret, "recoveryWindowInDays 0: gone at once", "Set 7 or more")


def databases_can_go_back(graph: Graph) -> Iterator[Violation]:
    """Databases keep backups: for a day or more everywhere, for a week or more in production.

    Everywhere, because without any RDS offers no point in time to go back to, and no replica.
    A replica is made from its source again.
    """
    least = LEAST_BACKUP_DAYS if graph.asked.production else 1
    for database in graph.of(_CLUSTER, _INSTANCE):
        days = database.at("backupRetentionPeriod") or 0
        if database.unknown("backupRetentionPeriod") or _is_replica(database):
            continue
        if days < least:
            yield Violation(
                database, f"backupRetentionPeriod {days}", f"Set aws.rds.backup_days to {least}"
            )


def databases_leave_a_snapshot(graph: Graph) -> Iterator[Violation]:
    """In production a database that is deleted leaves a final snapshot, under a name of its own.

    RDS refuses one of a replica.
    """
    for database in graph.of(_CLUSTER, _INSTANCE) if graph.asked.production else ():
        if _is_replica(database):
            continue
        if database.at("skipFinalSnapshot") or not database.at("finalSnapshotIdentifier"):
            yield Violation(
                database,
                f"skipFinalSnapshot {database.at('skipFinalSnapshot')}, finalSnapshotIdentifier "
                f"{database.at('finalSnapshotIdentifier')}",
                "Set skipFinalSnapshot to false, and a name",
            )


def overwritten_objects_can_be_brought_back(graph: Graph) -> Iterator[Violation]:
    """Buckets are versioned: what a mistake overwrites or deletes is still there.

    Everywhere, except for buckets that receive access logs, whose objects are never written twice.
    """
    for bucket in graph.of(BUCKET):
        if takes_logs(graph, bucket):
            continue
        versions = [
            versioning.at("versioningConfiguration", "status")
            for versioning in parts(graph, bucket, _VERSIONED)
        ]
        if versions != ["Enabled"]:
            yield Violation(
                bucket,
                f"versioning {versions or 'not set'}",
                "Register a BucketVersioning, Enabled",
            )


def nothing_is_kept_unseen(graph: Graph) -> Iterator[Violation]:
    """In every bucket abandoned uploads end after a while, and so do overwritten versions.

    Everywhere: neither is in any listing, and both are paid for.
    """
    for bucket in graph.of(BUCKET):
        rules = [
            rule
            for lifecycle in parts(graph, bucket, _LIFECYCLE)
            for rule in lifecycle.items("rules")
            if rule.get("status") == "Enabled"
        ]
        endings = ["abortIncompleteMultipartUpload"]
        if any(parts(graph, bucket, _VERSIONED)):
            endings.append("noncurrentVersionExpiration")
        for ending in endings:
            if not any(rule.get(ending) for rule in rules):
                yield Violation(
                    bucket, f"{ending} is in no lifecycle rule", "Add it to one that is Enabled"
                )


def artifacts_have_a_copy_elsewhere(graph: Graph) -> Iterator[Violation]:
    """With a second region in the settings, a bucket is replicated to it."""
    environment = graph.asked.environment
    if environment is None or environment.recovery.second_region is None:
        return
    copied = list(graph.of("aws:s3/bucketReplicationConfig:BucketReplicationConfig"))
    for bucket in graph.of(BUCKET) if not copied else ():
        yield Violation(
            bucket,
            "aws.recovery.second_region is set, and no bucket is replicated",
            "Register a BucketReplicationConfig for the artifacts",
        )
        return


def backups_are_locked(graph: Graph) -> Iterator[Violation]:
    """A vault is locked as aws.recovery.vault_lock says; in production it has to say something."""
    for vault in graph.of(_VAULT):
        wanted = graph.asked.aws.recovery.vault_lock
        locks = graph.naming(
            vault,
            "aws:backup/vaultLockConfiguration:VaultLockConfiguration",
            by="backupVaultName",
        )
        if not any(locks) and (wanted != "none" or graph.asked.production):
            yield Violation(
                vault,
                f"is not locked, aws.recovery.vault_lock is {wanted}",
                "Register a VaultLockConfiguration; set vault_lock to governance",
            )


def logs_end_and_not_too_soon(graph: Graph) -> Iterator[Violation]:
    """Every log group keeps its logs for some days, in production for thirty or more.

    Without a number they are kept, and paid for, for ever.
    """
    least = LEAST_LOG_DAYS if graph.asked.production else 1
    for group in graph.of("aws:cloudwatch/logGroup:LogGroup"):
        days = group.at("retentionInDays") or 0
        if not group.unknown("retentionInDays") and days < least:
            yield Violation(group, f"retentionInDays {days}", f"Set {least} or more")


def _is_replica(database: Resource) -> bool:
    return bool(database.at("replicateSourceDb"))
