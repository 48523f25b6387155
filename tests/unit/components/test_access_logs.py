"""Only services of AWS write to the bucket of logs, each for this account and under its prefix."""

import json
from collections.abc import Callable
from typing import Any

import pulumi
import pytest

from components.access_logs import AccessLogs, AccessLogsArgs

ACCOUNT = "123456789012"
given: dict[str, str] = {}


@pytest.fixture
def logs(recorded: Callable[..., Any]) -> Callable[..., Any]:
    def make(*, protected: bool = True) -> Any:
        args = AccessLogsArgs(account_id=ACCOUNT, days=14, protected=protected, tags={})

        def program() -> None:
            pulumi.Output.all(bucket=AccessLogs("logs", args).bucket).apply(given.update)

        return recorded(program)

    return make


def policy(seen: Any) -> list[dict[str, Any]]:
    (made,) = seen.of("aws:s3/bucketPolicy:BucketPolicy")
    return list(json.loads(made.inputs["policy"])["Statement"])


def test_the_load_balancer_and_other_buckets_write_for_this_account_only(
    logs: Callable[..., Any],
) -> None:
    balancer, buckets = (each for each in policy(logs()) if each["Effect"] == "Allow")
    assert balancer["Principal"] == {"Service": "logdelivery.elasticloadbalancing.amazonaws.com"}
    assert balancer["Resource"][0].endswith(f"/balancer/AWSLogs/{ACCOUNT}/*")
    assert buckets["Principal"] == {"Service": "logging.s3.amazonaws.com"}
    assert buckets["Resource"][0].endswith("/bucket/*")
    assert buckets["Condition"] == {"StringEquals": {"aws:SourceAccount": ACCOUNT}}
    assert balancer["Action"] == buckets["Action"] == ["s3:PutObject"]


def test_the_load_balancer_can_write_because_no_key_of_kms_is_used(
    logs: Callable[..., Any],
) -> None:
    (made,) = logs().of(
        "aws:s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration"
    )
    (rule,) = made.inputs["rules"]
    assert rule["applyServerSideEncryptionByDefault"] == {"sseAlgorithm": "AES256"}


def test_logs_go_after_the_days_that_were_asked(logs: Callable[..., Any]) -> None:
    (made,) = logs().of("aws:s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration")
    rules = {rule["id"]: rule for rule in made.inputs["rules"]}
    assert rules["old-logs"]["expiration"] == {"days": 14}


@pytest.mark.parametrize("protected", [True, False])
def test_a_full_bucket_is_emptied_by_a_deletion_only_where_it_is_not_protected(
    logs: Callable[..., Any], *, protected: bool
) -> None:
    (made,) = logs(protected=protected).of("aws:s3/bucket:Bucket")
    assert made.inputs["forceDestroy"] is not protected


def test_whom_the_bucket_is_given_to_gets_its_name(logs: Callable[..., Any]) -> None:
    given.clear()
    logs()
    assert given == {"bucket": "logs-id"}
