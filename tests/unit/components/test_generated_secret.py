"""A password is made inside AWS, once for each generation, and never leaves it."""

import json
from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from moto import mock_aws

from components.generated_secret import GeneratedSecretProvider

REGION = "us-east-1"


@pytest.fixture(autouse=True)
def aws(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "testing")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "testing")
    with mock_aws():
        yield


@pytest.fixture
def inputs() -> dict[str, Any]:
    secret = boto3.client("secretsmanager", REGION).create_secret(Name="owner")
    return {
        "secret_arn": secret["ARN"],
        "username": "mlflow_owner",
        "generation": 1.0,
        "in_use": False,
        "region": REGION,
    }


def stored(inputs: dict[str, Any]) -> dict[str, str]:
    answer = boto3.client("secretsmanager", REGION).get_secret_value(SecretId=inputs["secret_arn"])
    value: dict[str, str] = json.loads(answer["SecretString"])
    return value


def created(inputs: dict[str, Any]) -> dict[str, Any]:
    outs = GeneratedSecretProvider().create(inputs).outs
    assert outs is not None
    return outs


def updated(olds: dict[str, Any], news: dict[str, Any]) -> dict[str, Any]:
    outs = GeneratedSecretProvider().update("id", olds, news).outs
    assert outs is not None
    return outs


def test_a_new_secret_gets_a_user_and_a_password(inputs: dict[str, Any]) -> None:
    created(inputs)

    assert stored(inputs)["username"] == "mlflow_owner"
    assert len(stored(inputs)["password"]) == 40
    assert stored(inputs)["password"].isalnum()


def test_state_has_the_version_and_not_the_password(inputs: dict[str, Any]) -> None:
    outs = created(inputs)

    assert set(outs) == {*inputs, "version_id"}
    assert stored(inputs)["password"] not in json.dumps(outs)


def test_a_higher_generation_makes_another_password(inputs: dict[str, Any]) -> None:
    first = created(inputs)
    before = stored(inputs)["password"]

    second = updated(first, {**inputs, "generation": 2.0})

    assert second["version_id"] != first["version_id"]
    assert stored(inputs)["password"] != before


def test_coming_into_use_keeps_the_password(inputs: dict[str, Any]) -> None:
    first = created(inputs)
    before = stored(inputs)["password"]

    second = updated(first, {**inputs, "in_use": True})

    assert second == {**first, "in_use": True}
    assert stored(inputs)["password"] == before


def test_a_lower_generation_is_refused_before_anything_is_done(inputs: dict[str, Any]) -> None:
    olds = {**inputs, "generation": 3.0}

    failures = GeneratedSecretProvider().check(olds, {**inputs, "generation": 2.0}).failures

    assert [failure.property for failure in failures] == ["generation"]
    assert "below 3" in failures[0].reason


def test_the_same_inputs_are_no_change_and_another_secret_is_a_replacement(
    inputs: dict[str, Any],
) -> None:
    provider = GeneratedSecretProvider()
    state = {**inputs, "version_id": "v"}

    assert not provider.diff("id", state, inputs).changes
    assert provider.diff("id", state, {**inputs, "secret_arn": "other"}).replaces == ["secret_arn"]
