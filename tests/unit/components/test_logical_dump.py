"""A dump is written as the owner where nothing else can be touched, and one not started is kept."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from components.logical_dump import LogicalDump, LogicalDumpArgs, every

BUCKET = "arn:aws:s3:::artifacts"
CLUSTER = "arn:aws:ecs:us-east-1:123456789012:cluster/own"
OWNER = "arn:aws:secretsmanager:us-east-1:123456789012:secret:owner"
ROLE_POLICY = "aws:iam/rolePolicy:RolePolicy"


@pytest.fixture
def seen(recorded: Callable[..., Any]) -> Any:
    args = LogicalDumpArgs(
        environment="prod",
        every_hours=6,
        image="123456789012.dkr.ecr.us-east-1.amazonaws.com/mlflow@sha256:" + "a" * 64,
        cluster_arn=CLUSTER,
        subnet_ids=["subnet-a"],
        security_group_id="sg-migration",
        writer_endpoint="writer.example.com",
        owner_secret_arn=OWNER,
        secrets_key_arn="arn:aws:kms:us-east-1:123456789012:key/secrets",
        bucket_name="artifacts",
        bucket_arn=BUCKET,
        bucket_key_arn="arn:aws:kms:us-east-1:123456789012:key/artifacts",
        log_key_arn="arn:aws:kms:us-east-1:123456789012:key/logs",
        log_days=30,
        account_id="123456789012",
        region="us-east-1",
        tags={},
    )
    return recorded(lambda: LogicalDump("own", args))


def statements(seen: Any, role: str) -> list[dict[str, Any]]:
    (policy,) = [made for made in seen.of(ROLE_POLICY) if made.name == role]
    found: list[dict[str, Any]] = json.loads(policy.inputs["policy"])["Statement"]
    return found


def test_the_running_task_may_only_write_below_dumps(seen: Any) -> None:
    written, encrypted = statements(seen, "own-run")
    assert written["Resource"] == [f"{BUCKET}/dumps/*"]
    assert set(written["Action"]) == {"s3:PutObject", "s3:AbortMultipartUpload"}
    assert {action.partition(":")[0] for action in encrypted["Action"]} == {"kms"}
    assert encrypted["Condition"] == {
        "StringEquals": {"kms:ViaService": "s3.us-east-1.amazonaws.com"}
    }


def test_the_owners_password_comes_as_a_secret_and_never_as_a_variable(seen: Any) -> None:
    (task,) = seen.of("aws:ecs/taskDefinition:TaskDefinition")
    (container,) = json.loads(task.inputs["containerDefinitions"])
    secrets = {each["name"]: each["valueFrom"] for each in container["secrets"]}
    assert secrets["PGPASSWORD"].startswith(f"{OWNER}:password")
    variables = {each["name"]: each["value"] for each in container["environment"]}
    assert not {name for name in variables if "PASSWORD" in name}
    assert variables["MLFLOW_HA_SERVER_DUMPS"] == "s3://artifacts/dumps"
    assert container["command"] == ["dump"]


def test_what_could_not_be_started_is_repeated_and_then_kept_for_the_alarm(seen: Any) -> None:
    (schedule,) = seen.of("aws:scheduler/schedule:Schedule")
    target = schedule.inputs["target"]
    (queue,) = seen.of("aws:sqs/queue:Queue")
    assert target["deadLetterConfig"]["arn"].endswith(f":{queue.name}")
    assert target["retryPolicy"]["maximumRetryAttempts"] > 0
    assert queue.inputs["sqsManagedSseEnabled"] is True
    allowed = {
        a: each["Resource"] for each in statements(seen, "own-schedule") for a in each["Action"]
    }
    assert allowed["sqs:SendMessage"] == [target["deadLetterConfig"]["arn"]]


def test_the_schedule_starts_this_task_in_this_cluster_and_passes_no_other_role(seen: Any) -> None:
    allowed = {a: each for each in statements(seen, "own-schedule") for a in each["Action"]}
    assert allowed["ecs:RunTask"]["Condition"] == {"ArnEquals": {"ecs:cluster": CLUSTER}}
    (task,) = seen.of("aws:ecs/taskDefinition:TaskDefinition")
    assert allowed["iam:PassRole"]["Resource"] == [
        task.inputs["executionRoleArn"],
        task.inputs["taskRoleArn"],
    ]


@pytest.mark.parametrize(
    ("exits", "rule"),
    [({"containers": {"exitCode": [0]}}, "own-done"), ({"$or": None}, "own-failed")],
)
def test_every_end_of_a_dump_is_counted_as_done_or_failed(
    seen: Any, exits: dict[str, Any], rule: str
) -> None:
    rules = {made.name: made.inputs for made in seen.of("aws:cloudwatch/eventRule:EventRule")}
    detail = json.loads(rules[rule]["eventPattern"])["detail"]
    assert detail["group"] == ["family:mlflow-ha-prod-dump"]
    assert detail["clusterArn"] == [CLUSTER]
    assert detail["lastStatus"] == ["STOPPED"]
    if exits.get("containers"):
        assert detail["containers"] == exits["containers"]
    else:
        assert {"containers": {"exitCode": [{"anything-but": [0]}]}} in detail["$or"]
        assert {"stopCode": ["TaskFailedToStart"]} in detail["$or"]


def test_dumps_come_as_often_as_asked() -> None:
    for hours in (1, 2, 3, 4, 6, 8, 12, 24):
        listed = every(hours).split()[1].split(",")
        assert len(listed) * hours == 24
