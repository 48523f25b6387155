"""The schema follows the image: snapshot, provision, migrate, each at the writer, in this order."""

import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import boto3
import pytest
from moto import mock_aws
from pulumi import Output

from components.calls.snapshots import Kind
from components.database_parts import Server
from components.logins import USERNAMES, Login
from components.schema_migration import SchemaMigration, SchemaMigrationArgs
from components.schema_snapshot import SchemaSnapshotProvider
from tests.unit.components.conftest import Recorder

Recorded = Callable[[Callable[[], Any]], Recorder]

REGION = "us-east-1"
REPOSITORY = f"123456789012.dkr.ecr.{REGION}.amazonaws.com/mlflow-ha@sha256:"
FIRST, SECOND = REPOSITORY + "1" * 64, REPOSITORY + "2" * 64
TASK = "pulumi-python:dynamic/mlflow-ha:OneShotTask"
SNAPSHOT = "pulumi-python:dynamic/mlflow-ha:SchemaSnapshot"
DEFINITION = "aws:ecs/taskDefinition:TaskDefinition"
POLICY = "aws:iam/rolePolicy:RolePolicy"


def args() -> SchemaMigrationArgs:
    return SchemaMigrationArgs(
        environment="test",
        cluster_arn="cluster-arn",
        image=FIRST,
        database=Server(
            kind="cluster",
            identifier=Output.from_input("mlflow-ha-test"),
            arn=Output.from_input("database-arn"),
            resource_id=Output.from_input("cluster-1"),
            writer_endpoint=Output.from_input("writer.example"),
            instance_identifiers=[],
            master_secret_arn=Output.from_input("secret-master"),
        ),
        logins={
            role: Login(
                arn=Output.from_input(f"secret-{role}"),
                version_id=Output.from_input(f"version-{role}"),
            )
            for role in USERNAMES
            if role != "master"
        },
        secrets_key_arn="secrets-key",
        subnet_ids=["subnet-a"],
        security_group_id="sg-migration",
        log_key_arn="logs-key",
        log_days=90,
        account_id="123456789012",
        region=REGION,
        tags={"mlflow-ha:environment": "test"},
    )


def build() -> SchemaMigration:
    return SchemaMigration("schema", args())


def container(seen: Recorder, command: str) -> dict[str, Any]:
    for definition in seen.of(DEFINITION):
        found: dict[str, Any] = json.loads(definition.inputs["containerDefinitions"])[0]
        if found["command"] == [command]:
            return found
    raise AssertionError(f"no task definition runs {command}")


def test_snapshot_provision_and_migrate_come_one_after_the_other(recorded: Recorded) -> None:
    order = [made.name for made in recorded(build).resources if made.type in (SNAPSHOT, TASK)]

    assert order == ["schema-snapshot", "schema-provision", "schema-migrate"]


def test_both_tasks_ask_the_writer_and_check_its_certificate(recorded: Recorded) -> None:
    seen = recorded(build)

    for command, database in (("provision", "postgres"), ("migrate", "mlflow")):
        (variable,) = container(seen, command)["environment"]
        assert variable["value"].startswith(f"postgresql://writer.example:5432/{database}?")
        assert "sslmode=verify-full" in variable["value"]


def test_each_task_logs_in_as_the_one_whose_rights_it_needs(recorded: Recorded) -> None:
    seen = recorded(build)

    for command, secret in (("provision", "secret-master"), ("migrate", "secret-owner")):
        sources = {each["name"]: each["valueFrom"] for each in container(seen, command)["secrets"]}
        assert sources["PGUSER"] == f"{secret}:username::"
        assert sources["PGPASSWORD"] == f"{secret}:password::"


def test_no_task_can_start_with_a_secret_that_it_does_not_use(recorded: Recorded) -> None:
    seen = recorded(build)
    allowed = {
        policy.name: statement["Resource"]
        for policy in seen.of(POLICY)
        for statement in json.loads(policy.inputs["policy"])["Statement"]
        if "secretsmanager:GetSecretValue" in statement["Action"]
    }

    for command in ("provision", "migrate"):
        used = {each["valueFrom"].split(":")[0] for each in container(seen, command)["secrets"]}
        assert set(allowed[f"schema-{command}"]) == used


def test_what_a_task_depends_on_triggers_it(recorded: Recorded) -> None:
    triggers = {task.name: task.inputs["triggers"] for task in recorded(build).of(TASK)}
    same = {"image": FIRST, "endpoint": "writer.example", "database": "cluster-1"}

    assert triggers["schema-provision"] == same | {
        role: f"version-{role}" for role in ("owner", "app_a", "app_b", "reader")
    }
    assert triggers["schema-migrate"] == same | {
        role: f"version-{role}" for role in ("owner", "admin", "canary")
    }


def test_a_database_that_only_follows_is_refused(recorded: Recorded) -> None:
    given = args()
    follower = replace(given, database=replace(given.database, master_secret_arn=None))

    with pytest.raises(ValueError, match="Promote it first"):
        recorded(lambda: SchemaMigration("schema", follower))


@pytest.fixture
def aws(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "testing")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "testing")
    with mock_aws():
        rds = boto3.client("rds", REGION)
        rds.create_db_cluster(
            DBClusterIdentifier="mlflow-ha-test",
            DBClusterInstanceClass="db.m6gd.large",
            Engine="postgres",
            AllocatedStorage=100,
            StorageType="io1",
            Iops=1000,
            MasterUsername="mlflowmaster",
            MasterUserPassword="only-in-memory",
        )
        rds.create_db_instance(
            DBInstanceIdentifier="mlflow-ha-test",
            DBInstanceClass="db.m7g.large",
            Engine="postgres",
            AllocatedStorage=100,
            MasterUsername="mlflowmaster",
            MasterUserPassword="only-in-memory",
        )
        yield


def inputs(kind: Kind, image: str) -> dict[str, Any]:
    return {
        "kind": kind,
        "identifier": "mlflow-ha-test",
        "environment": "test",
        "image": image,
        "region": REGION,
        "tags": {"mlflow-ha:environment": "test"},
    }


def snapshots(kind: Kind) -> list[str]:
    rds = boto3.client("rds", REGION)
    if kind == "cluster":
        clusters = rds.describe_db_cluster_snapshots(SnapshotType="manual")
        return [found["DBClusterSnapshotIdentifier"] for found in clusters["DBClusterSnapshots"]]
    instances = rds.describe_db_snapshots(SnapshotType="manual")
    return [found["DBSnapshotIdentifier"] for found in instances["DBSnapshots"]]


def created(inputs: dict[str, Any]) -> dict[str, Any]:
    outs = SchemaSnapshotProvider().create(inputs).outs
    assert outs is not None
    return outs


def updated(olds: dict[str, Any], news: dict[str, Any]) -> dict[str, Any]:
    outs = SchemaSnapshotProvider().update("id", olds, news).outs
    assert outs is not None
    return outs


@pytest.mark.parametrize("kind", ["cluster", "instance"])
@pytest.mark.usefixtures("aws")
def test_another_image_means_a_snapshot_and_the_first_one_does_not(kind: Kind) -> None:

    first = created(inputs(kind, FIRST))
    assert snapshots(kind) == []
    second = updated(first, inputs(kind, SECOND))

    assert snapshots(kind) == ["test-222222222222-1"]
    assert (second["snapshot"], second["taken"]) == ("test-222222222222-1", 1)


@pytest.mark.parametrize("kind", ["cluster", "instance"])
@pytest.mark.usefixtures("aws")
def test_a_snapshot_that_a_killed_update_began_is_waited_for(kind: Kind) -> None:
    first = created(inputs(kind, FIRST))

    updated(first, inputs(kind, SECOND))
    again = updated(first, inputs(kind, SECOND))

    assert snapshots(kind) == [again["snapshot"]]


@pytest.mark.usefixtures("aws")
def test_going_back_and_forth_takes_a_snapshot_each_time() -> None:
    state = created(inputs("cluster", FIRST))

    for image in (SECOND, FIRST, SECOND):
        state = updated(state, inputs("cluster", image))

    assert sorted(snapshots("cluster")) == [
        "test-111111111111-2",
        "test-222222222222-1",
        "test-222222222222-3",
    ]


def test_only_another_image_is_a_reason_for_a_snapshot() -> None:
    olds = inputs("cluster", FIRST)
    diff = SchemaSnapshotProvider().diff

    assert not diff("id", olds, {**olds, "tags": {}}).changes
    assert diff("id", olds, {**olds, "image": SECOND}).changes
