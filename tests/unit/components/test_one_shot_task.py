"""A one-shot task runs once for each reason, survives a killed update, and its failure is told."""

import threading
import time
from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from moto import mock_aws
from moto.core import DEFAULT_ACCOUNT_ID
from moto.ecs.models import ecs_backends
from moto.moto_api import state_manager

from components.calls import tasks
from components.calls.tasks import TaskFailedError
from components.one_shot_task import OneShotTaskProvider, identity

REGION = "us-east-1"
FAMILY = "mlflow-ha-test-migrate"


@pytest.fixture(autouse=True)
def aws(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "testing")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "testing")
    monkeypatch.setattr(tasks, "ASK_EVERY", 0.02)
    with mock_aws():
        state_manager.set_transition("ecs::task", {"progression": "manual", "times": 10**9})
        yield
        state_manager.unset_transition("ecs::task")


@pytest.fixture
def inputs() -> dict[str, Any]:
    client = boto3.client("ecs", REGION)
    ec2 = boto3.client("ec2", REGION)
    subnet = ec2.describe_subnets()["Subnets"][0]["SubnetId"]
    group = ec2.describe_security_groups()["SecurityGroups"][0]["GroupId"]
    cluster = client.create_cluster(clusterName="mlflow")["cluster"]["clusterArn"]
    definition = client.register_task_definition(
        family=FAMILY, containerDefinitions=[{"name": "migrate", "image": "image", "memory": 64}]
    )
    return {
        "cluster": cluster,
        "task_definition": definition["taskDefinition"]["taskDefinitionArn"],
        "family": FAMILY,
        "subnets": [subnet],
        "security_groups": [group],
        "log_group": "mlflow-schema",
        "region": REGION,
        "triggers": {"image": "first"},
        "longest_seconds": 5.0,
    }


def all_tasks() -> list[Any]:
    return [
        task
        for of_cluster in ecs_backends[DEFAULT_ACCOUNT_ID][REGION].tasks.values()
        for task in of_cluster.values()
    ]


class Fargate:
    """Ends every task that runs, with one exit code."""

    def __init__(self, exit_code: int = 0) -> None:
        self._exit_code = exit_code
        self._enough = threading.Event()
        self._thread = threading.Thread(target=self._run)

    def __enter__(self) -> None:
        self._thread.start()

    def __exit__(self, *_: object) -> None:
        self._enough.set()
        self._thread.join()

    def _run(self) -> None:
        while not self._enough.wait(0.01):
            for task in all_tasks():
                if task.last_status != "STOPPED":
                    end(task, self._exit_code)


def end(task: Any, exit_code: int) -> None:
    for container in task.containers:
        container.exitCode = exit_code
    task.stop_code = "EssentialContainerExited"
    task.desired_status = task.last_status = "STOPPED"


def requests() -> list[dict[str, Any]]:
    """What ECS is asked to run from now on."""
    asked: list[dict[str, Any]] = []
    boto3.setup_default_session()
    assert boto3.DEFAULT_SESSION
    boto3.DEFAULT_SESSION.events.register(
        "provide-client-params.ecs.RunTask", lambda params, **_: asked.append(params)
    )
    return asked


def created(inputs: dict[str, Any]) -> dict[str, Any]:
    outs = OneShotTaskProvider().create(inputs).outs
    assert outs is not None
    return outs


def updated(olds: dict[str, Any], news: dict[str, Any]) -> dict[str, Any]:
    outs = OneShotTaskProvider().update("id", olds, news).outs
    assert outs is not None
    return outs


def test_a_task_that_succeeds_is_counted(inputs: dict[str, Any]) -> None:
    with Fargate():
        outs = created(inputs)

    assert outs["completed"] == 1
    assert [task.task_arn for task in all_tasks()] == [outs["task_arn"]]


def test_a_task_runs_without_a_public_address(inputs: dict[str, Any]) -> None:
    asked = requests()
    with Fargate():
        created(inputs)

    network = asked[0]["networkConfiguration"]["awsvpcConfiguration"]
    assert network["assignPublicIp"] == "DISABLED"
    assert network["subnets"] == inputs["subnets"]


def test_a_task_that_fails_ends_the_update_with_its_last_lines(inputs: dict[str, Any]) -> None:
    logs = boto3.client("logs", REGION)
    logs.create_log_group(logGroupName="mlflow-schema")

    def write_and_fail(task: Any) -> None:
        stream = f"migrate/migrate/{task.task_arn.rpartition('/')[2]}"
        logs.create_log_stream(logGroupName="mlflow-schema", logStreamName=stream)
        logs.put_log_events(
            logGroupName="mlflow-schema",
            logStreamName=stream,
            logEvents=[{"timestamp": int(time.time() * 1000), "message": "relation is locked"}],
        )
        end(task, 1)

    def fail_the_first() -> None:
        while not all_tasks():
            stop.wait(0.01)
        write_and_fail(all_tasks()[0])

    stop = threading.Event()
    thread = threading.Thread(target=fail_the_first)
    thread.start()
    with pytest.raises(TaskFailedError) as failure:
        created(inputs)
    thread.join()

    assert "exit codes: migrate 1" in str(failure.value)
    assert "relation is locked" in str(failure.value)


def test_a_task_that_failed_is_tried_again(inputs: dict[str, Any]) -> None:
    asked = requests()
    with Fargate(exit_code=1), pytest.raises(TaskFailedError):
        created(inputs)
    with Fargate():
        created(inputs)

    assert len(all_tasks()) == 2
    # With the token of the first, ECS would answer with the task that failed.
    assert len({request["clientToken"] for request in asked}) == 2


def test_a_killed_updates_task_is_taken_over(inputs: dict[str, Any]) -> None:
    with pytest.raises(TimeoutError):
        created({**inputs, "longest_seconds": 0.0})
    with Fargate():
        outs = created(inputs)

    assert [task.task_arn for task in all_tasks()] == [outs["task_arn"]]


def test_a_success_that_a_killed_update_did_not_record_counts(inputs: dict[str, Any]) -> None:
    with Fargate():
        first = created(inputs)
        again = created(inputs)

    assert again == first
    assert len(all_tasks()) == 1


def test_going_back_to_an_earlier_image_runs_again(inputs: dict[str, Any]) -> None:
    with Fargate():
        first = created(inputs)
        second = updated(first, {**inputs, "triggers": {"image": "second"}})
        third = updated(second, inputs)

    assert third["completed"] == 3
    assert len({first["task_arn"], second["task_arn"], third["task_arn"]}) == 3


def test_a_run_is_known_by_its_reasons_and_by_the_runs_before_it() -> None:
    same: dict[str, Any] = {"cluster": "c", "family": "f", "triggers": {"a": "1", "b": "2"}}

    assert identity(**same, runs_before=1) != identity(**same, runs_before=2)
    assert identity(**{**same, "triggers": {"b": "2", "a": "1"}}, runs_before=1) == identity(
        **same, runs_before=1
    )
    assert len(identity(**same, runs_before=1)) <= 128


def test_only_other_triggers_are_a_reason(inputs: dict[str, Any]) -> None:
    diff = OneShotTaskProvider().diff

    assert not diff("id", inputs, {**inputs, "task_definition": "another", "subnets": []}).changes
    assert diff("id", inputs, {**inputs, "triggers": {"image": "second"}}).changes
