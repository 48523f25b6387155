"""A container of the image can write to its scratch folder alone, and gains nothing by its user."""

from typing import Any

import pytest

from components.container import Container, HealthCheck, server_variable

PLAIN = Container(
    name="mlflow",
    image="image@sha256:0",
    command=("serve",),
    environment={"B": "2", "A": "1"},
    secrets={"PGPASSWORD": "arn:password::"},
    log_group="logs",
    region="us-east-1",
)


@pytest.fixture
def plain() -> dict[str, Any]:
    return PLAIN.definition()


def test_it_runs_as_nobody_in_particular_on_a_root_it_cannot_write(plain: dict[str, Any]) -> None:
    assert plain["user"] == "10001:10001"
    assert plain["readonlyRootFilesystem"] is True
    assert plain["linuxParameters"]["capabilities"] == {"drop": ["ALL"]}


def test_only_tmp_is_mounted_writable(plain: dict[str, Any]) -> None:
    writable = [mount["containerPath"] for mount in plain["mountPoints"] if not mount["readOnly"]]
    assert writable == ["/tmp"]  # noqa: S108  a mount in a container


def test_a_slow_log_never_holds_up_a_request(plain: dict[str, Any]) -> None:
    assert plain["logConfiguration"]["options"]["mode"] == "non-blocking"


def test_variables_are_sorted_so_that_an_update_without_change_shows_none(
    plain: dict[str, Any],
) -> None:
    assert [variable["name"] for variable in plain["environment"]] == ["A", "B"]


def test_secrets_are_named_and_never_given(plain: dict[str, Any]) -> None:
    assert plain["secrets"] == [{"name": "PGPASSWORD", "valueFrom": "arn:password::"}]


def test_a_one_shot_task_has_no_port_no_health_check_and_no_restart(plain: dict[str, Any]) -> None:
    assert not {"portMappings", "healthCheck", "restartPolicy"} & plain.keys()


def test_a_health_check_is_run_without_a_shell() -> None:
    check = HealthCheck(command=("python",), interval=15, timeout=5, retries=3, start_period=60)
    assert check.definition()["command"] == ["CMD", "python"]


def test_a_field_of_the_server_has_its_variable() -> None:
    assert server_variable("pool_size") == "MLFLOW_HA_SERVER_POOL_SIZE"
