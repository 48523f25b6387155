"""The real program on the real engine: every environment settles, and production's hard moments pass."""

import json
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.engine.conftest import Made, Reopen
from tools.engine.command import ROOT
from tools.engine.session import recorded
from tools.recording_provider.faults import Fault

ENVIRONMENTS = ("dev", "staging", "prod", "prod-dr")
NEXT_IMAGE = "123456789012.dkr.ecr.us-east-1.amazonaws.com/mlflow-ha@sha256:" + "1" * 64
FIXTURES = Path(__file__).parent / "fixtures"
RENAMED, RECONFIGURED = FIXTURES / "renamed", FIXTURES / "reconfigured"
SERVICE = "aws:ecs/service:Service"
TASK_DEFINITION = "aws:ecs/taskDefinition:TaskDefinition"
DYNAMIC = "pulumi-python:dynamic/mlflow-ha:"
RUN_THE_IMAGE = {
    TASK_DEFINITION,
    SERVICE,
    f"{DYNAMIC}OneShotTask",
    f"{DYNAMIC}SchemaSnapshot",
}

Environment = Callable[[str], Made]


@pytest.mark.parametrize("stack", ENVIRONMENTS)
def test_an_environment_is_planned_and_made_whole(stack: str, environment: Environment) -> None:
    made = environment(stack)
    assert set(made.planned.summary) == {"create"}
    assert set(made.up.summary) == {"create"}
    assert {step.urn for step in made.planned.steps} == {step.urn for step in made.up.steps}


@pytest.mark.parametrize("stack", ENVIRONMENTS)
def test_an_environment_is_settled_after_one_up(stack: str, environment: Environment) -> None:
    again = environment(stack).again
    assert again.succeeded, again.output
    assert not again.changes


def test_a_refresh_of_production_finds_no_drift(environment: Environment, reopen: Reopen) -> None:
    with reopen(environment("prod")) as engine:
        refreshed = engine.refresh("--expect-no-changes")
        assert refreshed.succeeded, refreshed.output
        assert {"aws:rds/cluster:Cluster", SERVICE} <= {r["type"] for r in engine.requests("Read")}


def test_a_new_image_changes_the_tasks_and_nothing_else_even_after_a_failure(
    environment: Environment, reopen: Reopen, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PYTHONPATH", str(ROOT), prepend=os.pathsep)
    with reopen(environment("prod"), program=RECONFIGURED) as engine:
        engine.configure({"mlflow-ha:aws.service.image": NEXT_IMAGE})
        plan = engine.preview()
        assert plan.succeeded, plan.output
        changed = {step.urn: step.type for step in plan.changes}
        assert set(changed.values()) >= RUN_THE_IMAGE
        definitions = {urn for urn, type_ in changed.items() if type_ == TASK_DEFINITION}
        started = {
            node["urn"]
            for node in environment("prod").nodes
            if definitions & {urn for urns in node["references"].values() for urn in urns}
        }
        others = {urn for urn, type_ in changed.items() if type_ not in RUN_THE_IMAGE}
        assert others <= started, "more changes than the tasks and what starts them by revision"

        engine.suffer(
            [Fault(type=SERVICE, method="Update", error="told to fail: the new tasks stop")]
        )
        failed = engine.up()
        assert not failed.succeeded
        assert any("the new tasks stop" in text for text in failed.diagnostics), failed.output

        engine.suffer([])
        resumed = engine.up()
        assert resumed.succeeded, resumed.output
        # Beside the rest there is the clean-up that a replacement ends with.
        rest = {step.type for step in resumed.changes if step.op != "delete-replaced"}
        assert rest == {SERVICE}, "more than the rest was done"
        assert engine.preview("--expect-no-changes").succeeded


def test_a_first_up_that_fails_half_way_is_finished_by_the_next(
    tmp_path: Path, environment: Environment
) -> None:
    whole = {step.urn for step in environment("prod").up.steps}
    with recorded("prod", folder=tmp_path) as engine:
        engine.suffer([Fault(type="aws:rds/cluster:Cluster", error="told to fail: no capacity")])
        failed = engine.up()
        assert any("no capacity" in text for text in failed.diagnostics), failed.output
        assert SERVICE not in {step.type for step in failed.steps}
        engine.suffer([])
        resumed = engine.up()
        assert resumed.succeeded, resumed.output
        assert {node["urn"] for node in engine.graph()} >= whole


def test_a_renamed_component_keeps_its_resources_by_its_alias(
    environment: Environment, reopen: Reopen, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PYTHONPATH", str(ROOT), prepend=os.pathsep)
    with reopen(environment("prod"), program=RENAMED) as engine:
        renamed = engine.preview()
        assert renamed.succeeded, renamed.output
        assert {step.op for step in renamed.changes} <= {"update"}
        assert {diff for step in renamed.changes for diff in step.diffs} <= {"tags"}
        assert any("renamed-" in step.name for step in renamed.steps)


def test_production_is_not_destroyed(environment: Environment, reopen: Reopen) -> None:
    with reopen(environment("prod")) as engine:
        refused = engine.destroy()
        assert not refused.succeeded
        assert "protect" in refused.output
        assert not engine.requests("Delete")


def test_no_secret_of_production_is_in_the_state_or_in_the_requests(
    environment: Environment,
) -> None:
    made = environment("prod")
    passwords = {json.loads(value)["password"] for value in made.secrets}
    assert len(passwords) >= len({"owner", "app", "reader", "admin"})
    seen = made.state + json.dumps(made.requests)
    assert not [password for password in passwords if password in seen]


@pytest.mark.parametrize("stack", ENVIRONMENTS)
def test_the_graph_of_an_environment_has_every_resource_of_the_state(
    stack: str, environment: Environment
) -> None:
    made = environment(stack)
    resources = json.loads(made.state)["deployment"]["resources"]
    assert {node["urn"] for node in made.nodes} == {resource["urn"] for resource in resources}


def test_the_committed_stacks_are_only_read(environment: Environment) -> None:
    for stack in ENVIRONMENTS:
        environment(stack)
        text = (ROOT / "stacks" / f"Pulumi.{stack}.yaml").read_text(encoding="utf-8")
        assert "encryptionsalt" not in text
