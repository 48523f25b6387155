"""A task that an update runs and waits for: the update goes on only when the task succeeded."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pulumi import Input, Output, ResourceOptions
from pulumi.dynamic import CreateResult, DiffResult, Resource, ResourceProvider, UpdateResult

from components.calls.tasks import Run, run_once

INPUTS = (
    "cluster",
    "task_definition",
    "family",
    "subnets",
    "security_groups",
    "log_group",
    "region",
    "triggers",
    "longest_seconds",
)
IDENTITY_CHARACTERS = 40


@dataclass(frozen=True, kw_only=True)
class OneShotTaskArgs:
    """Args of `OneShotTask`.

    Args:
        cluster: ARN of the ECS cluster.
        task_definition: ARN of the revision.
        family: Of the task definition.
        subnets: Where the task gets its address.
        security_groups: Of the task.
        log_group: Name of the group that its containers write to.
        region: Where all of it is.
        triggers: The task runs once for each set of these values.
        longest_seconds: The update fails when the task takes longer; the task goes on.
    """

    cluster: Input[str]
    task_definition: Input[str]
    family: str
    subnets: Sequence[Input[str]]
    security_groups: Sequence[Input[str]]
    log_group: Input[str]
    region: str
    triggers: Mapping[str, Input[str]]
    longest_seconds: int


class OneShotTaskProvider(ResourceProvider):
    """Runs the task at creation and whenever its triggers changed."""

    serialize_as_secret_always = False

    def diff(self, _id: str, olds: dict[str, Any], news: dict[str, Any]) -> DiffResult:
        return DiffResult(changes=olds.get("triggers") != news.get("triggers"))

    def create(self, props: dict[str, Any]) -> CreateResult:
        return CreateResult(id_=props["family"], outs=_run(props, runs_before=0))

    def update(self, _id: str, olds: dict[str, Any], news: dict[str, Any]) -> UpdateResult:
        return UpdateResult(outs=_run(news, runs_before=int(olds["completed"])))


class OneShotTask(Resource, module="mlflow-ha", name="OneShotTask"):
    """A task that has succeeded; `completed` counts its runs, so dependants see each one."""

    task_arn: Output[str]
    completed: Output[int]

    def __init__(
        self, name: str, args: OneShotTaskArgs, opts: ResourceOptions | None = None
    ) -> None:
        properties: dict[str, Any] = {key: getattr(args, key) for key in INPUTS}
        properties |= {"task_arn": None, "completed": None}
        super().__init__(OneShotTaskProvider(), name, properties, opts)


def identity(*, cluster: str, family: str, triggers: Mapping[str, str], runs_before: int) -> str:
    """Return the name under which ECS knows this run.

    An update that was killed finds its own task by it. The number of runs before is part of it:
    whoever goes back to an earlier image within the hour that ECS remembers a stopped task has the
    triggers of a run that succeeded, and must not take that one for this.

    Args:
        cluster: ARN of the ECS cluster.
        family: Of the task definition.
        triggers: What the run is for.
        runs_before: Successful runs so far.
    """
    parts = [cluster, family, dict(triggers), runs_before]
    digest = hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()
    return f"mlflow-ha-{digest[:IDENTITY_CHARACTERS]}"


def _run(props: dict[str, Any], *, runs_before: int) -> dict[str, Any]:
    task_arn = run_once(
        Run(
            identity=identity(
                cluster=props["cluster"],
                family=props["family"],
                triggers=props["triggers"],
                runs_before=runs_before,
            ),
            cluster=props["cluster"],
            task_definition=props["task_definition"],
            family=props["family"],
            subnets=props["subnets"],
            security_groups=props["security_groups"],
            log_group=props["log_group"],
            region=props["region"],
            longest=props["longest_seconds"],
        )
    )
    inputs = {key: props[key] for key in INPUTS}
    return {**inputs, "task_arn": task_arn, "completed": runs_before + 1}
