"""Every experiment is ended by an alarm, fails without a target, and may do its fault alone."""

import json
from collections.abc import Callable
from typing import Any

import pytest

import settings
from components.fault_experiments import Kind, Stack, experiments
from components.fault_injection import FaultInjection, FaultInjectionArgs

ALARM = "arn:aws:cloudwatch:us-east-1:123456789012:alarm:RegistrationsFailing"
DATABASE = "arn:aws:rds:us-east-1:123456789012:cluster:own"
BUCKET = "arn:aws:s3:::artifacts"
TEMPLATE = "aws:fis/experimentTemplate:ExperimentTemplate"
SERVICE_WIDE = {"logs", "tag"}
"""What FIS needs for every experiment."""


def faults(recorded: Callable[..., Any], name: str, kind: Kind = "cluster") -> Any:
    aws = settings.load(name).aws
    assert aws is not None
    stack = Stack(
        database_kind=kind,
        database_arn=DATABASE,
        cluster_arn="arn:aws:ecs:us-east-1:123456789012:cluster/own",
        cluster_name="own",
        service_name="service",
        subnet_ids={zone: [f"subnet-{zone}"] for zone in aws.network.zones},
        bucket_arn=BUCKET,
        account_id="123456789012",
    )

    def program() -> FaultInjection:
        return FaultInjection(
            "own",
            FaultInjectionArgs(
                experiments=experiments(aws, stack),
                stop_alarm_arn=ALARM,
                log_key_arn="arn:aws:kms:us-east-1:123456789012:key/logs",
                log_days=30,
                account_id="123456789012",
                region=aws.region,
                tags={},
            ),
        )

    return recorded(program)


@pytest.fixture
def seen(recorded: Callable[..., Any]) -> Any:
    return faults(recorded, "prod")


def names(seen: Any) -> set[str]:
    return {made.name.removeprefix("own-") for made in seen.of(TEMPLATE)}


def test_every_experiment_ends_when_users_notice(seen: Any) -> None:
    for made in seen.of(TEMPLATE):
        assert made.inputs["stopConditions"] == [{"source": "aws:cloudwatch:alarm", "value": ALARM}]


def test_an_experiment_that_hits_nothing_fails(seen: Any) -> None:
    for made in seen.of(TEMPLATE):
        assert made.inputs["experimentOptions"]["emptyTargetResolutionMode"] == "fail"
        (target,) = made.inputs["targets"]
        assert target.get("resourceArns") or target.get("parameters"), made.name


def test_production_has_each_fault_that_it_is_built_to_survive(seen: Any) -> None:
    aws = settings.load("prod").aws
    assert aws is not None
    zones = {f"zone-loss-{zone}" for zone in aws.network.zones}
    assert names(seen) == {"task-stop", "database-failover", "replication-pause"} | zones


def test_an_environment_that_survives_only_a_task_is_spared_the_rest(
    recorded: Callable[..., Any],
) -> None:
    assert names(faults(recorded, "dev")) == {"task-stop"}


def test_a_cluster_and_an_instance_fail_over_by_their_own_calls(
    recorded: Callable[..., Any],
) -> None:
    kinds: dict[Kind, str] = {
        "cluster": "aws:rds:failover-db-cluster",
        "instance": "aws:rds:reboot-db-instances",
    }
    for kind, action in kinds.items():
        found = {made.name: made.inputs for made in faults(recorded, "prod", kind).of(TEMPLATE)}
        (did,) = found["own-database-failover"]["actions"]
        assert did["actionId"] == action


def test_each_role_may_touch_what_its_own_fault_hits(seen: Any) -> None:
    policies = {
        made.name.removeprefix("own-"): json.loads(made.inputs["policy"])["Statement"]
        for made in seen.of("aws:iam/rolePolicy:RolePolicy")
    }
    services = {
        name: {a.partition(":")[0] for each in found for a in each["Action"]} - SERVICE_WIDE
        for name, found in policies.items()
    }
    assert services["database-failover"] == {"rds"}
    assert services["task-stop"] == {"ecs"}
    assert services["replication-pause"] == {"s3"}
    (failover,) = [
        each
        for each in policies["database-failover"]
        if each["Action"] == ["rds:FailoverDBCluster"]
    ]
    assert failover["Resource"] == [DATABASE]
