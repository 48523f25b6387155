"""The real engine on a small program: what it plans, makes, resumes, replaces and refuses to delete."""

import json

import pytest

from tests.engine.conftest import Made, Reopen
from tools.engine.workspace import NOT_A_SECRET
from tools.recording_provider.faults import Fault

TASK_DEFINITION = "aws:ecs/taskDefinition:TaskDefinition"


def test_a_preview_plans_every_resource_and_makes_none(shelf: Made) -> None:
    assert shelf.planned.summary == {"create": len(shelf.up.steps)}
    before_up = [r for r in shelf.requests if r["method"] == "Create" and r.get("preview")]
    assert len(before_up) == len([r for r in shelf.requests if r["method"] == "Create"]) / 2


def test_up_makes_what_was_planned(shelf: Made) -> None:
    assert {step.urn for step in shelf.up.steps} == {step.urn for step in shelf.planned.steps}
    assert set(shelf.up.summary) == {"create"}


def test_nothing_is_left_to_do_after_up(shelf: Made) -> None:
    assert shelf.again.succeeded, shelf.again.output
    assert not shelf.again.changes


def test_an_explicit_provider_makes_its_resources_in_its_own_region(shelf: Made) -> None:
    resources = json.loads(shelf.state)["deployment"]["resources"]
    regions = {
        resource["urn"].rpartition("::")[2]: resource["outputs"]["region"]
        for resource in resources
        if resource["type"] == "aws:s3/bucket:Bucket"
    }
    assert regions == {"shelf-books": "us-east-1", "copies": "eu-west-1"}


def test_a_dynamic_resource_waits_for_a_task_of_the_simulated_account(shelf: Made) -> None:
    (migration,) = (n for n in shelf.nodes if n["name"] == "migration")
    resources = json.loads(shelf.state)["deployment"]["resources"]
    outputs = {r["urn"]: r.get("outputs", {}) for r in resources}
    assert ":task/cluster-" in outputs[migration["urn"]]["task_arn"]


def test_no_secret_is_in_plain_text_in_the_state_or_in_the_record_of_requests(shelf: Made) -> None:
    assert any(r["inputs"].get("secretString") == "[secret]" for r in made(shelf))
    assert NOT_A_SECRET not in shelf.state
    assert NOT_A_SECRET not in json.dumps(shelf.requests)


def made(shelf: Made) -> list[dict[str, dict[str, str]]]:
    return [r for r in shelf.requests if r["method"] == "Create" and "inputs" in r]


def test_the_graph_tells_who_belongs_to_whom_and_who_waited_for_whom(shelf: Made) -> None:
    by_name = {(n["type"], n["name"]): n for n in shelf.nodes}
    component = by_name["shelf:index:Shelf", "shelf"]
    bucket = by_name["aws:s3/bucket:Bucket", "shelf-books"]
    vpc = by_name["aws:ec2/vpc:Vpc", "vpc"]
    subnet = by_name["aws:ec2/subnet:Subnet", "subnet"]
    database = by_name["aws:rds/cluster:Cluster", "database"]
    assert bucket["parent"] == component["urn"]
    assert not component["custom"]
    assert subnet["references"] == {"vpcId": [vpc["urn"]]}
    assert subnet["depends_on"] == [vpc["urn"]]
    assert database["protect"]
    seen: set[str | None] = {None}
    for node in shelf.nodes:
        assert seen >= {node["parent"], *node["depends_on"]}, f"{node['urn']} came too early"
        seen.add(node["urn"])
    assert "[secret]" in json.dumps(shelf.nodes)


def test_a_documented_property_replaces_and_another_one_updates(
    shelf: Made, reopen: Reopen
) -> None:
    with reopen(shelf) as engine:
        engine.configure({"shelf:image": "shelf@sha256:2222", "shelf:backup_days": 9})
        plan = engine.preview()
        assert plan.names("replace") == {"definition"}
        assert plan.names("update") == {"database", "service", "migration"}
        done = engine.up()
        assert done.succeeded, done.output
        changed = [r["changes"] for r in engine.requests("Diff") if r["name"] == "definition"]
        assert changed[-1][0]["effect"] == "replace"
        assert changed[-1][0]["because"].endswith("task_definition.go")


def test_a_failed_up_names_the_resource_and_the_next_one_resumes(
    shelf: Made, reopen: Reopen
) -> None:
    with reopen(shelf) as engine:
        engine.configure({"shelf:image": "shelf@sha256:3333"})
        engine.suffer([Fault(type=TASK_DEFINITION, error="ClientException: told to fail")])
        failed = engine.up()
        assert not failed.succeeded
        assert any("told to fail" in text for text in failed.diagnostics)
        engine.suffer([])
        resumed = engine.up()
        assert resumed.succeeded, resumed.output
        assert engine.preview("--expect-no-changes").succeeded


def test_a_refresh_finds_what_the_state_remembers(shelf: Made, reopen: Reopen) -> None:
    with reopen(shelf) as engine:
        refreshed = engine.refresh("--expect-no-changes")
        assert refreshed.succeeded, refreshed.output
        assert {r["name"] for r in engine.requests("Read")} >= {"vpc", "database", "service"}


def test_a_protected_resource_is_not_destroyed(shelf: Made, reopen: Reopen) -> None:
    with reopen(shelf) as engine:
        refused = engine.destroy()
        assert not refused.succeeded
        assert "database" in refused.output
        assert "protect" in refused.output
        assert not engine.requests("Delete")


def test_a_renamed_component_with_an_alias_keeps_its_resources(shelf: Made, reopen: Reopen) -> None:
    with reopen(shelf) as engine:
        engine.configure({"shelf:shelf_name": "rack", "shelf:shelf_alias": "shelf"})
        renamed = engine.up()
        assert renamed.succeeded, renamed.output
        assert not renamed.changes
        assert {"rack", "rack-books"} <= {n["name"] for n in engine.graph()}


def test_a_renamed_component_without_an_alias_is_made_anew(shelf: Made, reopen: Reopen) -> None:
    with reopen(shelf) as engine:
        engine.configure({"shelf:shelf_name": "rack"})
        assert engine.preview().names("create") == {"rack", "rack-books"}


@pytest.mark.parametrize("stack_file", ["stacks/Pulumi.small.yaml", "Pulumi.yaml"])
def test_the_committed_settings_are_only_read(shelf: Made, stack_file: str) -> None:
    assert "encryptionsalt" not in (shelf.program / stack_file).read_text(encoding="utf-8")
    assert "encryptionsalt" in (shelf.folder / "Pulumi.small.yaml").read_text(encoding="utf-8")
