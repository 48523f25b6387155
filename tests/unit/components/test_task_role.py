"""A running task reaches the artifacts' prefix of one bucket, and cannot delete for good."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from components.task_role import TaskRole, TaskRoleArgs


@pytest.fixture
def statements(recorded: Callable[..., Any]) -> list[dict[str, Any]]:
    seen = recorded(
        lambda: TaskRole(
            "run",
            TaskRoleArgs(
                bucket_arn="arn:aws:s3:::store",
                prefix="artifacts",
                bucket_key_arn="arn:key",
                account_id="123456789012",
                region="us-east-1",
                tags={},
            ),
        )
    )
    (policy,) = seen.of("aws:iam/rolePolicy:RolePolicy")
    found: list[dict[str, Any]] = json.loads(policy.inputs["policy"])["Statement"]
    return found


def test_objects_outside_the_prefix_are_out_of_reach(statements: list[dict[str, Any]]) -> None:
    (objects,) = [s for s in statements if "s3:GetObject" in s["Action"]]
    assert objects["Resource"] == ["arn:aws:s3:::store/artifacts/*"]


def test_a_deleted_artifact_can_be_brought_back(statements: list[dict[str, Any]]) -> None:
    assert "s3:DeleteObjectVersion" not in [a for s in statements for a in s["Action"]]


def test_names_outside_the_prefix_are_not_listed(statements: list[dict[str, Any]]) -> None:
    (listing,) = [s for s in statements if s["Action"] == ["s3:ListBucket"]]
    assert listing["Condition"] == {
        "StringLikeIfExists": {"s3:prefix": ["artifacts", "artifacts/*"]}
    }


def test_nothing_is_allowed_on_everything(statements: list[dict[str, Any]]) -> None:
    assert all(s["Resource"] != ["*"] for s in statements)


def test_the_key_is_used_by_way_of_s3_alone(statements: list[dict[str, Any]]) -> None:
    (key,) = [s for s in statements if "kms:Decrypt" in s["Action"]]
    assert key["Condition"] == {"StringEquals": {"kms:ViaService": "s3.us-east-1.amazonaws.com"}}
