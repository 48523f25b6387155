"""The bucket of artifacts is private, encrypted with one key, forgets slowly, and is copied."""

import json
from collections.abc import Callable
from typing import Any

import pulumi
import pytest

from components.artifact_store import ArtifactStore, ArtifactStoreArgs
from setting_groups.aws.recovery import Recovery, SecondRegion

KEY = "arn:aws:kms:us-east-1:123456789012:key/own"
SECOND = SecondRegion(
    region="us-west-2",
    bucket_arn="arn:aws:s3:::copy",
    bucket_key_arn="arn:aws:kms:us-west-2:123456789012:key/there",
)


@pytest.fixture
def store(recorded: Callable[..., Any]) -> Callable[..., Any]:
    def make(
        recovery: Recovery | None = None,
        *,
        protected: bool = True,
        use: Callable[[ArtifactStore], Any] = lambda _: None,
    ) -> Any:
        args = ArtifactStoreArgs(
            key_arn=KEY,
            access_logs_bucket="logs",
            recovery=recovery or Recovery(),
            region="us-east-1",
            protected=protected,
            tags={},
        )
        return recorded(lambda: use(ArtifactStore("own", args)))

    return make


def only(seen: Any, kind: str) -> dict[str, Any]:
    (made,) = seen.of(kind)
    return dict(made.inputs)


def refusals(seen: Any) -> dict[str, dict[str, Any]]:
    policy = json.loads(only(seen, "aws:s3/bucketPolicy:BucketPolicy")["policy"])
    assert {statement["Effect"] for statement in policy["Statement"]} == {"Deny"}
    return {statement["Sid"]: statement for statement in policy["Statement"]}


def test_nothing_of_it_can_be_made_public(store: Callable[..., Any]) -> None:
    seen = store()
    block = only(seen, "aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock")
    owner = only(seen, "aws:s3/bucketOwnershipControls:BucketOwnershipControls")
    assert [block[key] for key in block if key != "bucket"] == [True] * 4
    assert owner["rule"] == {"objectOwnership": "BucketOwnerEnforced"}


def test_everybody_is_refused_without_tls_and_with_an_old_one(store: Callable[..., Any]) -> None:
    refused = refusals(store())
    plain, old = refused["RefusePlainHttp"], refused["RefuseOldTls"]
    assert plain["Condition"] == {"Bool": {"aws:SecureTransport": "false"}}
    assert old["Condition"] == {"NumericLessThan": {"s3:TlsVersion": "1.2"}}
    for statement in (plain, old):
        assert statement["Principal"] == "*"
        assert len(statement["Resource"]) == 2


def test_an_object_is_encrypted_with_the_stores_key_or_refused(store: Callable[..., Any]) -> None:
    seen = store()
    (rule,) = only(
        seen,
        "aws:s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration",
    )["rules"]
    assert rule["applyServerSideEncryptionByDefault"]["kmsMasterKeyId"] == KEY
    assert rule["blockedEncryptionTypes"] == ["SSE-C"]
    key = "s3:x-amz-server-side-encryption-aws-kms-key-id"
    refused = refusals(seen)
    assert refused["RefuseOtherKeys"]["Condition"] == {
        "Null": {key: "false"},
        "StringNotEquals": {key: KEY},
    }
    assert refused["RefuseAlgorithmsWithoutKey"]["Condition"] == {
        "Null": {"s3:x-amz-server-side-encryption": "false", key: "true"}
    }


def test_what_is_deleted_can_be_brought_back_and_dumps_go_with_the_backups(
    store: Callable[..., Any],
) -> None:
    seen = store(Recovery(noncurrent_days=12, vault_days=9))
    versioning = only(seen, "aws:s3/bucketVersioning:BucketVersioning")
    rules = {
        rule["id"]: rule
        for rule in only(seen, "aws:s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration")[
            "rules"
        ]
    }
    assert versioning["versioningConfiguration"] == {"status": "Enabled"}
    assert rules["superseded"]["noncurrentVersionExpiration"] == {"noncurrentDays": 12}
    assert rules["dumps"]["expiration"] == {"days": 9}
    assert rules["dumps"]["filter"] == {"prefix": "dumps/"}


def test_no_artifact_that_is_still_current_ever_expires(store: Callable[..., Any]) -> None:
    lifecycle = only(store(), "aws:s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration")
    expiring = [rule for rule in lifecycle["rules"] if rule.get("expiration", {}).get("days")]
    assert [rule["filter"] for rule in expiring] == [{"prefix": "dumps/"}]


@pytest.mark.parametrize("protected", [True, False])
def test_a_full_bucket_is_emptied_by_a_deletion_only_where_it_is_not_protected(
    store: Callable[..., Any], *, protected: bool
) -> None:
    made = only(store(protected=protected), "aws:s3/bucket:Bucket")
    assert made["forceDestroy"] is not protected


def test_it_is_logged_who_read_and_wrote(store: Callable[..., Any]) -> None:
    logging = only(store(), "aws:s3/bucketLogging:BucketLogging")
    assert (logging["targetBucket"], logging["targetPrefix"]) == ("logs", "bucket/")


def test_the_store_gives_its_name_and_its_arn(store: Callable[..., Any]) -> None:
    given: dict[str, str] = {}
    store(use=lambda s: pulumi.Output.all(bucket=s.bucket, arn=s.arn).apply(given.update))
    assert given["bucket"] == "own-id"
    assert given["arn"].startswith("arn:aws:s3:")


def test_without_a_second_region_nothing_is_copied(store: Callable[..., Any]) -> None:
    assert not store().of("aws:s3/bucketReplicationConfig:BucketReplicationConfig")


def test_everything_is_copied_with_its_deletions_under_the_other_regions_key(
    store: Callable[..., Any],
) -> None:
    seen = store(Recovery(second_region=SECOND))
    (rule,) = only(seen, "aws:s3/bucketReplicationConfig:BucketReplicationConfig")["rules"]
    assert rule["id"] == "everything"
    assert rule["filter"] == {"prefix": ""}
    assert rule["deleteMarkerReplication"] == {"status": "Enabled"}
    destination = rule["destination"]
    assert destination["bucket"] == SECOND.bucket_arn
    assert destination["encryptionConfiguration"] == {"replicaKmsKeyId": SECOND.bucket_key_arn}
    assert destination["replicationTime"]["time"] == {"minutes": 15}


def test_the_copying_role_uses_each_key_through_s3_and_for_its_bucket_only(
    store: Callable[..., Any],
) -> None:
    seen = store(Recovery(second_region=SECOND))
    policy = json.loads(only(seen, "aws:iam/rolePolicy:RolePolicy")["policy"])
    keys = {s["Resource"][0]: s["Condition"] for s in policy["Statement"] if "kms" in str(s)}
    assert set(keys) == {KEY, SECOND.bucket_key_arn}
    there = keys[SECOND.bucket_key_arn]
    assert there["StringEquals"] == {"kms:ViaService": "s3.us-west-2.amazonaws.com"}
    assert there["StringLike"]["kms:EncryptionContext:aws:s3:arn"] == [
        SECOND.bucket_arn,
        f"{SECOND.bucket_arn}/*",
    ]
    assert all("*" not in statement["Resource"] for statement in policy["Statement"])
