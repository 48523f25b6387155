"""Nothing is broken on AWS unless it is whole, calm and within its time; a refusal touches nothing."""

from __future__ import annotations

import pytest
from moto.rds.models import rds_backends

import settings
from chaos.target import TargetError
from chaos.targets import aws_alarms
from chaos.targets.aws_guard import Budget, Guard, Refused
from observability import canary
from tests.unit.chaos.aws.conftest import STOP_ALARM, World


def refused(world: World, verb: str = "kill", role: str = "instance") -> str:
    fault = world.target().fault(verb, role)
    world.calls.clear()
    with pytest.raises(Refused) as error:
        fault.inject()
    assert world.calls == []
    fault.heal()
    assert world.calls == []
    return str(error.value)


def test_a_whole_and_calm_environment_is_let_in(world: World) -> None:
    world.target().fault("kill", "instance").inject()
    assert world.calls == ["StartExperiment"]


def test_a_fleet_that_is_short_of_a_task_is_not_broken_further(world: World) -> None:
    world.balancer.deregister_targets(
        TargetGroupArn=world.group, Targets=[{"Id": "10.0.1.7", "Port": 5000}]
    )
    assert "2 of 3 tasks are healthy at the balancer" in refused(world)


def test_a_database_without_a_standby_is_not_broken_further(world: World) -> None:
    rds_backends["123456789012"]["us-east-1"].databases["mlflow-ha-prod-2"].status = "rebooting"
    assert "database instance mlflow-ha-prod-2 is rebooting" in refused(world, "kill", "primary")


def test_while_somebody_is_woken_nothing_is_broken(world: World) -> None:
    world.ring("mlflow-ha-prod-TargetsLost")
    assert "TargetsLost rings" in refused(world)


def test_a_ticket_does_not_keep_a_drill_away(world: World) -> None:
    world.ring("mlflow-ha-prod-ReplicationSlow")
    world.target().fault("kill", "instance").inject()
    assert world.calls == ["StartExperiment"]


def test_the_alarm_that_ends_experiments_keeps_them_from_beginning(world: World) -> None:
    world.ring(STOP_ALARM)
    assert f"{STOP_ALARM} rings" in refused(world)


def test_a_canary_that_fails_or_is_silent_keeps_a_drill_away(world: World) -> None:
    world.canary(0)
    assert "the canary's last registration failed" in refused(world)
    silent = aws_alarms.Alarms(world.session, "staging", 60)
    assert silent.canary_obstacle() == "the canary has reported nothing for 3 minutes"


def test_what_the_canary_reports_is_looked_for_where_it_reports() -> None:
    reported = canary.metric(settings.load("prod"), canary.SUCCEEDED, "Minimum")
    assert (reported.namespace, reported.name) == (aws_alarms.NAMESPACE, aws_alarms.SUCCEEDED)
    assert reported.dimensions == {aws_alarms.ENVIRONMENT: "prod"}


def test_after_its_minutes_a_drill_begins_nothing(world: World) -> None:
    now = [0.0]
    alarms = aws_alarms.Alarms(world.session, "prod", 60)
    guard = Guard(alarms, list, (), Budget.of(10, lambda: now[0]))
    guard.let_in("a fault")
    assert guard.reason_to_stop() is None
    now[0] = 600
    with pytest.raises(Refused, match="the budget of 10 minutes is spent"):
        guard.let_in("a fault")
    assert guard.reason_to_stop() == "the budget of 10 minutes is spent"


def test_a_budget_of_no_time_is_a_mistake() -> None:
    with pytest.raises(TargetError, match="a budget of 0 minutes is none"):
        Budget.of(0)
