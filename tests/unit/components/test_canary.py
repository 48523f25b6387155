"""The canary holds no password, calls by HTTPS, never runs twice for one tick, and brings its code."""

import ast
import json
import sys
from collections.abc import Callable
from typing import Any

import pytest

from components.canary import CODE, HANDLER, SECONDS, Canary, CanaryArgs, code, every
from components.canary_function import registration

SECRET = "arn:aws:secretsmanager:us-east-1:123456789012:secret:canary"
OF_THE_RUNTIME = {"boto3"}
STEPS = 3
"""Asking, registering, removing."""


@pytest.fixture
def seen(recorded: Callable[..., Any]) -> Any:
    args = CanaryArgs(
        environment="prod",
        every_minutes=5,
        front_door="mlflow.example.com",
        subnet_ids=["subnet-a", "subnet-b"],
        security_group_id="sg-canary",
        secret_arn=SECRET,
        secret_key_arn="arn:aws:kms:us-east-1:123456789012:key/secrets",
        log_key_arn="arn:aws:kms:us-east-1:123456789012:key/logs",
        log_days=30,
        account_id="123456789012",
        region="us-east-1",
        tags={},
    )
    return recorded(lambda: Canary("own", args))


@pytest.fixture
def function(seen: Any) -> dict[str, Any]:
    (made,) = seen.of("aws:lambda/function:Function")
    return dict(made.inputs)


def statements(seen: Any) -> list[dict[str, Any]]:
    made = seen.of("aws:iam/rolePolicy:RolePolicy")
    return [each for policy in made for each in json.loads(policy.inputs["policy"])["Statement"]]


def test_its_environment_has_the_secrets_address_and_nothing_secret(
    function: dict[str, Any],
) -> None:
    assert function["environment"]["variables"] == {
        "ENVIRONMENT": "prod",
        "FRONT_DOOR": "https://mlflow.example.com",
        "INTERVAL_SECONDS": "300",
        "NAMESPACE": "MlflowHa",
        "SECRET_ARN": SECRET,
    }


def test_it_reads_one_secret_and_writes_one_log(seen: Any) -> None:
    by_action = {action: each for each in statements(seen) for action in each["Action"]}
    assert by_action["secretsmanager:GetSecretValue"]["Resource"] == [SECRET]
    (log,) = by_action["logs:PutLogEvents"]["Resource"]
    assert log.endswith(":own:*")
    broad = {a for each in statements(seen) if "*" in each["Resource"] for a in each["Action"]}
    assert all(action.startswith("ec2:") for action in broad)


def test_a_failed_run_is_not_repeated_and_a_late_one_is_dropped(seen: Any) -> None:
    (invoked,) = seen.of("aws:lambda/functionEventInvokeConfig:FunctionEventInvokeConfig")
    (schedule,) = seen.of("aws:scheduler/schedule:Schedule")
    retried = schedule.inputs["target"]["retryPolicy"]
    assert invoked.inputs["maximumRetryAttempts"] == retried["maximumRetryAttempts"] == 0
    assert invoked.inputs["maximumEventAgeInSeconds"] == retried["maximumEventAgeInSeconds"] == 60
    assert schedule.inputs["scheduleExpression"] == "rate(5 minutes)"
    assert every(1) == "rate(1 minute)"


def test_it_is_in_the_network_and_behind_its_own_security_group(function: dict[str, Any]) -> None:
    assert function["vpcConfig"] == {
        "subnetIds": ["subnet-a", "subnet-b"],
        "securityGroupIds": ["sg-canary"],
    }


def test_the_usual_steps_end_by_themselves_before_the_function_is_ended() -> None:
    assert registration._SECONDS * STEPS < SECONDS


def test_all_its_code_is_in_the_archive_and_imports_only_what_is_there() -> None:
    files = code()
    assert HANDLER.rpartition(".")[0].replace(".", "/") + ".py" in files
    own = {name.removesuffix(".py").replace("/", ".") for name in files}
    for path in CODE.glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.ImportFrom):
                names = {str(node.module)}
            elif isinstance(node, ast.Import):
                names = {alias.name for alias in node.names}
            else:
                continue
            tops = {name.partition(".")[0] for name in names - own}
            assert tops <= sys.stdlib_module_names | OF_THE_RUNTIME, path.name
