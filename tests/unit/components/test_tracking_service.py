"""The fleet is replaced without a gap, rolls back by itself, and grows between its two bounds."""

import asyncio
from collections.abc import Callable
from typing import Any

import pulumi
import pytest

from components.role_confinement import confine_roles
from components.task_definition import TaskDefinitionArgs
from components.tracking_service import TrackingService, TrackingServiceArgs
from settings import Settings

BOUNDARY = "arn:aws:iam::123456789012:policy/mlflow-ha-boundary"


def args(prod: Settings, migrated: pulumi.Input[str]) -> TrackingServiceArgs:
    assert prod.aws is not None
    return TrackingServiceArgs(
        task=TaskDefinitionArgs(
            environment="prod",
            tracking=prod.tracking,
            service=prod.aws.service,
            front_door=prod.aws.front_door,
            database_uri="postgresql://proxy:5432/mlflow",
            login_secret_arn="arn:login",
            session_key_secret_arn="arn:session",
            session_key_version="v1",
            secrets_key_arn="arn:key:secrets",
            bucket_name="store",
            bucket_arn="arn:aws:s3:::store",
            bucket_key_arn="arn:key:artifacts",
            log_key_arn="arn:key:logs",
            log_days=90,
            account_id="123456789012",
            region="us-east-1",
            tags={},
        ),
        cluster_arn="arn:cluster",
        cluster_name="cluster",
        subnet_ids={"us-east-1a": "subnet-a", "us-east-1b": "subnet-b", "us-east-1c": "subnet-c"},
        security_group_id="sg",
        target_group_arn="arn:tasks",
        target_group_suffix="targetgroup/tasks/1",
        load_balancer_suffix="app/door/1",
        migrated=migrated,
        rollback_alarms=["DeploymentFailing"],
        tags={},
    )


@pytest.fixture
def seen(recorded: Callable[..., Any], prod: Settings) -> Any:
    def program() -> None:
        confine_roles("prod", BOUNDARY)
        TrackingService("service", args(prod, "done"))

    return recorded(program)


@pytest.fixture
def service(seen: Any) -> dict[str, Any]:
    (found,) = seen.of("aws:ecs/service:Service")
    inputs: dict[str, Any] = found.inputs
    return inputs


def test_a_deployment_takes_no_task_away_before_its_successor_serves(
    service: dict[str, Any], prod: Settings
) -> None:
    assert service["deploymentMinimumHealthyPercent"] == 100
    most = prod.tracking.instances * service["deploymentMaximumPercent"] // 100
    assert most == prod.tracking.instances + prod.tracking.surge_instances


def test_a_deployment_that_fails_or_makes_errors_is_rolled_back(service: dict[str, Any]) -> None:
    assert service["deploymentCircuitBreaker"] == {"enable": True, "rollback": True}
    assert service["alarms"] == {
        "alarmNames": ["DeploymentFailing"],
        "enable": True,
        "rollback": True,
    }


def test_an_update_waits_until_the_new_tasks_serve(service: dict[str, Any]) -> None:
    assert service["waitForSteadyState"] is True


def test_tasks_are_in_every_zone_and_in_no_public_place(service: dict[str, Any]) -> None:
    network = service["networkConfiguration"]
    assert network["subnets"] == ["subnet-a", "subnet-b", "subnet-c"]
    assert network["assignPublicIp"] is False


def test_nobody_opens_a_shell_in_a_task(service: dict[str, Any]) -> None:
    assert service["enableExecuteCommand"] is False


def test_no_task_starts_before_the_schema_is_there(
    recorded: Callable[..., Any], prod: Settings
) -> None:
    events: list[str] = []

    async def migration() -> str:
        await asyncio.sleep(0.3)
        events.append("migrated")
        return "done"

    def program() -> None:
        fleet = TrackingService("service", args(prod, migration()))
        fleet.service_name.apply(lambda _: events.append("started"))

    recorded(program)
    assert events == ["migrated", "started"]


def test_the_fleet_never_shrinks_below_what_the_settings_ask_for(seen: Any, prod: Settings) -> None:
    (target,) = seen.of("aws:appautoscaling/target:Target")
    assert target.inputs["minCapacity"] == prod.tracking.instances
    assert target.inputs["maxCapacity"] == prod.tracking.most_instances


def test_requests_are_counted_at_this_balancer_and_these_tasks(seen: Any) -> None:
    labels = [
        policy.inputs["targetTrackingScalingPolicyConfiguration"][
            "predefinedMetricSpecification"
        ].get("resourceLabel")
        for policy in seen.of("aws:appautoscaling/policy:Policy")
    ]
    assert "app/door/1/targetgroup/tasks/1" in labels


def test_every_role_is_confined_without_its_component_s_doing(seen: Any) -> None:
    roles = seen.of("aws:iam/role:Role")
    assert len(roles) == 2
    assert {r.inputs["path"] for r in roles} == {"/mlflow-ha/prod/"}
    assert {r.inputs["permissionsBoundary"] for r in roles} == {BOUNDARY}
