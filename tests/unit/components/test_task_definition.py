"""The serving task is told what the settings say, its secrets by reference, and lives long enough."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from components.task_definition import TaskDefinition, TaskDefinitionArgs
from settings import Settings

SECRET = "arn:aws:secretsmanager:us-east-1:123456789012:secret:"


def args(prod: Settings) -> TaskDefinitionArgs:
    assert prod.aws is not None
    return TaskDefinitionArgs(
        environment="prod",
        tracking=prod.tracking,
        service=prod.aws.service,
        front_door=prod.aws.front_door,
        database_uri="postgresql://proxy:5432/mlflow?sslmode=verify-full",
        login_secret_arn=f"{SECRET}app-a",
        session_key_secret_arn=f"{SECRET}session-key",
        session_key_version="v1",
        secrets_key_arn="arn:key:secrets",
        bucket_name="store",
        bucket_arn="arn:aws:s3:::store",
        bucket_key_arn="arn:key:artifacts",
        log_key_arn="arn:key:logs",
        log_days=90,
        account_id="123456789012",
        region="us-east-1",
        tags={},
    )


@pytest.fixture
def definition(recorded: Callable[..., Any], prod: Settings) -> dict[str, Any]:
    seen = recorded(lambda: TaskDefinition("task", args(prod)))
    (found,) = seen.of("aws:ecs/taskDefinition:TaskDefinition")
    inputs: dict[str, Any] = found.inputs
    return inputs


@pytest.fixture
def container(definition: dict[str, Any]) -> dict[str, Any]:
    (found,) = json.loads(definition["containerDefinitions"])
    only: dict[str, Any] = found
    return only


@pytest.fixture
def environment(container: dict[str, Any]) -> dict[str, str]:
    prefix = "MLFLOW_HA_SERVER_"
    return {v["name"].removeprefix(prefix): v["value"] for v in container["environment"]}


def test_no_password_stands_in_plain_text(container: dict[str, Any]) -> None:
    secret = {s["name"]: s["valueFrom"].removeprefix(SECRET) for s in container["secrets"]}
    assert secret == {
        "PGUSER": "app-a:username::",
        "PGPASSWORD": "app-a:password::",
        "MLFLOW_HA_SERVER_SECRET_KEY": "session-key:password::v1",
    }


def test_the_server_outlives_the_balancer_on_an_idle_connection(
    environment: dict[str, str], prod: Settings
) -> None:
    assert prod.aws is not None
    assert int(environment["KEEP_ALIVE_SECONDS"]) > prod.aws.front_door.idle_timeout


def test_the_server_answers_to_the_door_s_name_alone(
    environment: dict[str, str], prod: Settings
) -> None:
    assert prod.aws is not None
    assert environment["ALLOWED_HOSTS"] == prod.aws.front_door.domain


def test_the_pool_is_the_one_that_the_connection_budget_counted(
    environment: dict[str, str], prod: Settings
) -> None:
    assert int(environment["POOL_SIZE"]) == prod.tracking.pool_size


def test_artifacts_go_where_the_task_s_role_may_reach(environment: dict[str, str]) -> None:
    assert environment["ARTIFACTS_DESTINATION"] == "s3://store/artifacts"


def test_a_draining_server_is_not_killed(
    container: dict[str, Any], environment: dict[str, str]
) -> None:
    assert int(environment["DRAIN_SECONDS"]) < container["stopTimeout"] <= 120


def test_a_start_that_waits_for_the_schema_counts_as_no_failure(
    container: dict[str, Any], environment: dict[str, str]
) -> None:
    assert container["healthCheck"]["startPeriod"] > int(environment["SCHEMA_WAIT_SECONDS"])


def test_the_health_check_asks_whether_the_process_lives_and_not_whether_the_database_does(
    container: dict[str, Any],
) -> None:
    assert "'/live'" in container["healthCheck"]["command"][4]


def test_a_replaced_revision_stays_so_that_a_rollback_finds_it(definition: dict[str, Any]) -> None:
    assert definition["skipDestroy"] is True


def test_staged_artifacts_fit_on_the_disk(definition: dict[str, Any], prod: Settings) -> None:
    assert prod.aws is not None
    staged = prod.aws.service.largest_artifact_gib * prod.tracking.artifact_concurrency
    assert definition["ephemeralStorage"]["sizeInGib"] > staged
