"""Opening a stack: production waits for its name, a stack that cannot be read is told in a sentence."""

from __future__ import annotations

import atexit
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from botocore.exceptions import NoCredentialsError

from chaos.target import TargetError
from chaos.targets import aws
from tests.unit.chaos.aws.conftest import World


@pytest.fixture
def leaving(monkeypatch: pytest.MonkeyPatch) -> list[Callable[[], None]]:
    """What would run when the program ends."""
    registered: list[Callable[[], None]] = []
    monkeypatch.setattr(atexit, "register", registered.append)
    return registered


def test_production_is_not_even_looked_at_before_its_name_is_typed(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(aws, "deployed", lambda _name: world.stack())
    monkeypatch.setattr(aws, "AwsTarget", None)  # to touch it would raise TypeError
    with pytest.raises(TargetError, match="--confirm prod"):
        aws.open_aws("prod")


def test_an_opened_stack_is_rolled_back_when_the_program_ends(
    world: World, monkeypatch: pytest.MonkeyPatch, leaving: list[Callable[[], None]]
) -> None:
    monkeypatch.setattr(aws, "deployed", lambda _name: world.stack())
    target = aws.open_aws("prod", confirmed="prod")
    target.fault("pause", "replication").inject()
    [leave] = leaving
    leave()
    assert world.experiments() == ["stopped"]


def test_a_shell_without_credentials_is_told_so(
    world: World, monkeypatch: pytest.MonkeyPatch, leaving: list[Callable[[], None]]
) -> None:
    monkeypatch.setattr(aws, "deployed", lambda _name: world.stack())

    def without(*_: Any) -> None:
        raise NoCredentialsError

    monkeypatch.setattr(aws.AwsTarget, "front_door", without)
    with pytest.raises(TargetError, match=r"Unable to locate credentials.*get-caller-identity"):
        aws.open_aws("prod", confirmed="prod")
    assert leaving == []


def test_no_call_hangs_and_a_throttled_one_is_repeated(world: World) -> None:
    config = aws.Patient(world.session).client("rds").meta.config
    assert config.read_timeout <= 20
    assert config.retries["mode"] == "adaptive"


def test_log_lines_are_found_by_request_id(world: World) -> None:
    logs = world.session.client("logs")
    logs.create_log_group(logGroupName="mlflow-service")
    logs.create_log_stream(logGroupName="mlflow-service", logStreamName="task-1")
    now = datetime.now(UTC)
    for number, text in enumerate(('{"request_id":"aa-1","status":503}', '{"request_id":"bb-2"}')):
        at = int(now.timestamp() * 1000) + number
        logs.put_log_events(
            logGroupName="mlflow-service",
            logStreamName="task-1",
            logEvents=[{"timestamp": at, "message": text}],
        )
    found = world.target().log_lines(["aa-1", "cc-3"], now - timedelta(minutes=1))
    assert found == {"aa-1": ['{"request_id":"aa-1","status":503}']}
    assert world.target().log_lines([], now) == {}
