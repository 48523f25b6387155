"""Fargate's agent may pull one image, read the named secrets, write one log, and nothing else."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from components.execution_role import ExecutionRole, ExecutionRoleArgs, repository_arn

IMAGE = "123456789012.dkr.ecr.us-east-1.amazonaws.com/mlflow-ha@sha256:" + "0" * 64
ARGS = ExecutionRoleArgs(
    image=IMAGE,
    secret_arns=["arn:secret:login", "arn:secret:session"],
    secrets_key_arn="arn:key",
    log_group_arn="arn:log-group",
    account_id="123456789012",
    region="us-east-1",
    tags={},
)


@pytest.fixture
def seen(recorded: Callable[..., Any]) -> Any:
    return recorded(lambda: ExecutionRole("start", ARGS))


def statements(seen: Any) -> dict[str, dict[str, Any]]:
    (policy,) = seen.of("aws:iam/rolePolicy:RolePolicy")
    return {
        action: s
        for s in json.loads(policy.inputs["policy"])["Statement"]
        for action in s["Action"]
    }


def test_it_reads_exactly_the_secrets_that_the_task_names(seen: Any) -> None:
    read = statements(seen)["secretsmanager:GetSecretValue"]
    assert read["Resource"] == ["arn:secret:login", "arn:secret:session"]


def test_it_decrypts_only_by_way_of_secrets_manager(seen: Any) -> None:
    (condition,) = statements(seen)["kms:Decrypt"]["Condition"].values()
    assert condition == {"kms:ViaService": "secretsmanager.us-east-1.amazonaws.com"}


def test_it_writes_to_streams_of_one_log_group(seen: Any) -> None:
    assert statements(seen)["logs:PutLogEvents"]["Resource"] == ["arn:log-group:*"]


def test_only_a_token_is_asked_of_no_resource_in_particular(seen: Any) -> None:
    anywhere = [a for a, s in statements(seen).items() if s["Resource"] == ["*"]]
    assert anywhere == ["ecr:GetAuthorizationToken"]


def test_only_tasks_of_this_account_and_region_take_it(seen: Any) -> None:
    (role,) = seen.of("aws:iam/role:Role")
    (trust,) = json.loads(role.inputs["assumeRolePolicy"])["Statement"]
    assert trust["Condition"]["StringEquals"] == {"aws:SourceAccount": "123456789012"}
    assert trust["Condition"]["ArnLike"] == {
        "aws:SourceArn": "arn:aws:ecs:us-east-1:123456789012:*"
    }


def test_an_image_is_pulled_from_its_own_repository() -> None:
    assert repository_arn(IMAGE) == "arn:aws:ecr:us-east-1:123456789012:repository/mlflow-ha"


def test_an_image_that_is_elsewhere_is_refused_with_the_form_it_should_have() -> None:
    with pytest.raises(ValueError, match=r"docker\.io/mlflow.*Use ACCOUNT\.dkr\.ecr"):
        repository_arn("docker.io/mlflow")
