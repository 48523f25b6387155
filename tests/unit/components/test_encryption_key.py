"""A key is usable by whom its policy names: the account by IAM, and services for its own things."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from components.encryption_key import EncryptionKey, EncryptionKeyArgs, Service

ACCOUNT = "123456789012"
Recorded = Callable[[Callable[[], Any]], Any]


@pytest.fixture
def key(recorded: Recorded) -> Callable[..., dict[str, Any]]:
    def make(*services: Service) -> dict[str, Any]:
        args = EncryptionKeyArgs(
            purpose="test",
            services=services,
            account_id=ACCOUNT,
            region="eu-west-1",
            protected=True,
            tags={"team": "ml"},
        )
        seen = recorded(lambda: EncryptionKey("own", args))
        (made,) = seen.of("aws:kms/key:Key")
        return dict(made.inputs)

    return make


def statements(inputs: dict[str, Any]) -> list[dict[str, Any]]:
    return list(json.loads(inputs["policy"])["Statement"])


def test_a_key_is_renewed_and_its_deletion_can_be_taken_back_for_a_month(
    key: Callable[..., dict[str, Any]],
) -> None:
    inputs = key()
    assert inputs["enableKeyRotation"] is True
    assert inputs["deletionWindowInDays"] == 30
    assert inputs["tags"] == {"team": "ml", "Name": "own"}


def test_without_services_only_the_accounts_own_policies_decide(
    key: Callable[..., dict[str, Any]],
) -> None:
    (only,) = statements(key())
    assert only["Principal"] == {"AWS": f"arn:aws:iam::{ACCOUNT}:root"}


def test_logs_use_the_key_for_log_groups_of_this_account_and_region_only(
    key: Callable[..., dict[str, Any]],
) -> None:
    logs = statements(key("logs"))[1]
    assert logs["Principal"] == {"Service": "logs.eu-west-1.amazonaws.com"}
    assert logs["Condition"]["ArnLike"] == {
        "kms:EncryptionContext:aws:logs:arn": f"arn:aws:logs:eu-west-1:{ACCOUNT}:log-group:*"
    }


@pytest.mark.parametrize("publisher", ["cloudwatch", "budgets", "events.rds", "backup"])
def test_a_publisher_may_encrypt_messages_to_this_accounts_topics_only(
    key: Callable[..., dict[str, Any]], publisher: Service
) -> None:
    sends = statements(key(publisher))[1]
    assert sends["Principal"] == {"Service": f"{publisher}.amazonaws.com"}
    assert sends["Action"] == ["kms:Decrypt", "kms:GenerateDataKey*"]
    assert sends["Condition"]["ArnLike"] == {
        "kms:EncryptionContext:aws:sns:topicArn": f"arn:aws:sns:eu-west-1:{ACCOUNT}:*"
    }


def test_no_service_uses_a_key_without_a_condition(
    key: Callable[..., dict[str, Any]],
) -> None:
    _, *services = statements(key("logs", "cloudwatch", "budgets", "events.rds", "backup"))
    assert len(services) == 5
    assert all(statement["Condition"] for statement in services)
