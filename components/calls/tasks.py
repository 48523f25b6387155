"""One task on Fargate, run to its end, at most once for each identity."""

from __future__ import annotations

import hashlib
import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from components.calls.clients import ecs, logs
from components.calls.waiting import until

if TYPE_CHECKING:
    from mypy_boto3_ecs import ECSClient
    from mypy_boto3_ecs.type_defs import TaskTypeDef

ASK_EVERY = 3.0
LAST_LINES = 40
MOST_TASKS_DESCRIBED_AT_ONCE = 100
"""API: DescribeTasks."""


class TaskFailedError(RuntimeError):
    """A task did not start, or ended badly; the text has its last lines."""


@dataclass(frozen=True, kw_only=True)
class Run:
    """One task to run.

    Args:
        identity: Two runs with the same one are the same run (<= 128 characters).
        cluster: ARN.
        task_definition: ARN of the revision.
        family: Of the task definition.
        subnets: Where the task gets its address.
        security_groups: Of the task.
        log_group: Where its containers write.
        region: Where all of it is.
        longest: Seconds until waiting is given up; the task goes on.
    """

    identity: str
    cluster: str
    task_definition: str
    family: str
    subnets: Sequence[str]
    security_groups: Sequence[str]
    log_group: str
    region: str
    longest: float


def run_once(run: Run) -> str:
    """Run a task and wait for its success.

    An earlier `up` that was ended may have begun or even finished this very run: then its task is
    waited for, or its success counts. A failed one is tried again.

    Returns:
        The ARN of the task that succeeded.

    Raises:
        TaskFailedError: ECS refused to start it, or it did not end with success.
        TimeoutError: It takes longer than `run.longest`.
    """
    client = ecs(run.region)
    before = _tasks_of(client, run)
    for task in before:
        if task["lastStatus"] != "STOPPED" or _succeeded(task):
            arn = task["taskArn"]
            break
    else:
        arn = _start(client, run, attempt=len(before))
    until(
        lambda: _described(client, run, arn)["lastStatus"] == "STOPPED",
        every=ASK_EVERY,
        longest=run.longest,
        what=f"task {arn}",
    )
    task = _described(client, run, arn)
    if not _succeeded(task):
        raise TaskFailedError(_what_happened(run, task))
    return arn


def _tasks_of(client: ECSClient, run: Run) -> list[TaskTypeDef]:
    pages = client.get_paginator("list_tasks")
    arns = [
        arn
        for status in ("RUNNING", "STOPPED")
        for page in pages.paginate(cluster=run.cluster, family=run.family, desiredStatus=status)
        for arn in page["taskArns"]
    ]
    tasks: list[TaskTypeDef] = []
    while arns:
        some, arns = arns[:MOST_TASKS_DESCRIBED_AT_ONCE], arns[MOST_TASKS_DESCRIBED_AT_ONCE:]
        tasks += client.describe_tasks(cluster=run.cluster, tasks=some)["tasks"]
    return [task for task in tasks if task.get("startedBy") == run.identity]


def _start(client: ECSClient, run: Run, *, attempt: int) -> str:
    token = f"{run.identity} {run.task_definition} {attempt}"
    answer = client.run_task(
        cluster=run.cluster,
        taskDefinition=run.task_definition,
        launchType="FARGATE",
        count=1,
        startedBy=run.identity,
        clientToken=hashlib.sha256(token.encode()).hexdigest(),
        networkConfiguration={
            "awsvpcConfiguration": {
                "subnets": list(run.subnets),
                "securityGroups": list(run.security_groups),
                "assignPublicIp": "DISABLED",
            }
        },
        propagateTags="TASK_DEFINITION",
    )
    if answer["failures"] or not answer["tasks"]:
        reasons = ", ".join(
            f"{failure.get('reason', 'no reason')} {failure.get('detail', '')}".strip()
            for failure in answer["failures"]
        )
        raise TaskFailedError(
            f"{run.family}: ECS did not start the task ({reasons or 'no reason given'}). "
            "Remove the cause, then run `pulumi up` again"
        )
    return answer["tasks"][0]["taskArn"]


def _described(client: ECSClient, run: Run, arn: str) -> TaskTypeDef:
    found = client.describe_tasks(cluster=run.cluster, tasks=[arn])["tasks"]
    # A task that was just started may not be known everywhere yet.
    return found[0] if found else {"taskArn": arn, "lastStatus": "PROVISIONING"}


def _succeeded(task: TaskTypeDef) -> bool:
    codes = [container.get("exitCode") for container in task.get("containers", [])]
    ended = task.get("stopCode") == "EssentialContainerExited"
    return ended and bool(codes) and set(codes) == {0}


def _what_happened(run: Run, task: TaskTypeDef) -> str:
    ends = ", ".join(
        f"{container['name']} {container.get('exitCode', 'never started')}"
        for container in task.get("containers", [])
    )
    lines = itertools.chain.from_iterable(
        _last_lines(run, container["name"], task["taskArn"])
        for container in task.get("containers", [])
    )
    headline = (
        f"{run.family}: the task failed ({task.get('stopCode')}: {task.get('stoppedReason')}; "
        f"exit codes: {ends}). Its last lines follow; mend that, then run `pulumi up` again"
    )
    return "\n".join([headline, *lines])


def _last_lines(run: Run, container: str, task_arn: str) -> list[str]:
    client = logs(run.region)
    stream = f"{container}/{container}/{task_arn.rpartition('/')[2]}"
    try:
        answer = client.get_log_events(
            logGroupName=run.log_group, logStreamName=stream, limit=LAST_LINES
        )
    except client.exceptions.ResourceNotFoundException:
        return [f"(no log {stream} in {run.log_group}: the container wrote nothing)"]
    return [event["message"] for event in answer["events"]]
