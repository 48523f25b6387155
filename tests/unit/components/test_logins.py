"""Each login is a secret of its own, and no password is ever an input."""

from collections.abc import Callable
from typing import Any

import pytest

from components.generated_secret import refusal
from components.logins import Logins, LoginsArgs
from setting_groups.aws.database import Logins as Generations
from tests.unit.components.conftest import Recorder

Recorded = Callable[[Callable[[], Any]], Recorder]

SECRET = "aws:secretsmanager/secret:Secret"
VALUE = "pulumi-python:dynamic/mlflow-ha:GeneratedSecret"


def args(**changes: Any) -> LoginsArgs:
    given: dict[str, Any] = {
        "generations": Generations(),
        "with_master": False,
        "key_arn": "arn:aws:kms:us-east-1:123456789012:key/secrets",
        "region": "us-east-1",
        "protected": True,
        "tags": {"mlflow-ha:environment": "test"},
    }
    return LoginsArgs(**{**given, **changes})


def values(recorder: Recorder) -> dict[str, dict[str, Any]]:
    return {value.name: value.inputs for value in recorder.of(VALUE)}


def test_every_login_has_a_secret_of_its_own(recorded: Recorded) -> None:
    seen = recorded(lambda: Logins("mlflow", args()))

    assert {secret.name for secret in seen.of(SECRET)} == {
        "mlflow-owner",
        "mlflow-app-a",
        "mlflow-app-b",
        "mlflow-reader",
        "mlflow-admin",
        "mlflow-session-key",
        "mlflow-canary",
    }
    assert {secret.inputs["kmsKeyId"] for secret in seen.of(SECRET)} == {args().key_arn}


def test_the_administrators_secret_is_made_only_where_rds_does_not_manage_it(
    recorded: Recorded,
) -> None:
    seen = recorded(lambda: Logins("mlflow", args(with_master=True)))

    assert values(seen)["mlflow-master"]["username"] == "mlflowmaster"


def test_no_input_of_a_value_is_a_secret(recorded: Recorded) -> None:
    for inputs in values(recorded(lambda: Logins("mlflow", args()))).values():
        assert set(inputs) - {"__provider"} == {
            "secret_arn",
            "username",
            "generation",
            "in_use",
            "region",
        }


def test_only_the_active_login_is_in_use(recorded: Recorded) -> None:
    generations = Generations(active="app_b", app_b=3)
    seen = values(recorded(lambda: Logins("mlflow", args(generations=generations))))

    assert [name for name, inputs in seen.items() if inputs["in_use"]] == ["mlflow-app-b"]
    assert seen["mlflow-app-b"]["generation"] == 3


@pytest.mark.parametrize(("protected", "days"), [(True, 30), (False, 0)])
def test_a_deleted_secret_comes_back_only_where_it_is_protected(
    recorded: Recorded, protected: bool, days: int
) -> None:
    seen = recorded(lambda: Logins("mlflow", args(protected=protected)))

    assert {secret.inputs["recoveryWindowInDays"] for secret in seen.of(SECRET)} == {days}


def test_the_login_that_is_not_active_may_be_renewed_and_made_active_at_once() -> None:
    olds = {"username": "mlflow_app_b", "generation": 1.0, "in_use": False}

    assert refusal(olds, {**olds, "generation": 2, "in_use": True}) is None


def test_the_active_login_is_not_renewed_even_while_the_other_becomes_active() -> None:
    olds = {"username": "mlflow_app", "generation": 1.0, "in_use": True}

    found = refusal(olds, {**olds, "generation": 2, "in_use": False})

    assert found is not None
    assert "mlflow_app" in found
    assert "other login" in found
