"""A FIS experiment from its start to its end: believed late, ended always, found when its answer is lost."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

import pytest
from botocore.exceptions import ReadTimeoutError

from chaos.target import Fault, FaultMissed
from chaos.targets.aws_experiment import Experiment
from chaos.targets.aws_guard import Budget, Guard
from chaos.targets.aws_guarded import Guarded
from tests.unit.chaos.aws.conftest import STOP_ALARM, World

LOST = ReadTimeoutError(endpoint_url="https://fis.us-east-1.amazonaws.com")


def experiment(world: World, witness: Callable[[], str] | None = None) -> Experiment:
    template = world.templates["replication-pause"]
    return Experiment(
        world.fis, "replication-pause", template, witness, lasts=True, sleep=lambda _seconds: None
    )


def guarded(world: World, fault: Fault, *, now: Callable[[], float] = time.monotonic) -> Guarded:
    stops = [f"arn:aws:cloudwatch:us-east-1:123456789012:alarm:{STOP_ALARM}"]
    guard = Guard(world.target().alarms, list, stops, Budget.of(10, now))
    return Guarded(fault, guard, look_every=0.02, ask_every=0.01, lands_within=5)


def until(done: Callable[[], bool], within: float = 20) -> None:
    deadline = time.monotonic() + within
    while not done():
        assert time.monotonic() < deadline, "it never came to that"
        threading.Event().wait(0.05)


def test_a_fault_counts_only_when_what_it_should_change_has_changed(world: World) -> None:
    seen = ["task/1 task/2"]
    fault = experiment(world, lambda: seen[-1])
    fault.inject()
    told = [fault.landed() for _ in range(4)]
    assert told[0] == "FIS experiment replication-pause is initiating"
    assert told[-1] == "nothing has changed yet: task/1 task/2"
    seen.append("task/2 task/3")
    assert fault.landed() is None


def test_a_change_before_the_experiment_runs_is_somebody_elses(world: World) -> None:
    seen = ["before"]
    fault = experiment(world, lambda: seen[-1])
    fault.inject()
    seen.append("after")
    assert fault.landed() == "FIS experiment replication-pause is initiating"


def test_an_experiment_that_was_ended_by_its_alarm_has_proven_nothing(world: World) -> None:
    fault = experiment(world)
    fault.inject()
    [running] = world.fis.list_experiments()["experiments"]
    world.fis.stop_experiment(id=running["id"])
    with pytest.raises(FaultMissed, match="ended as stopped"):
        fault.landed()


def test_healing_stops_it_and_waits_until_it_has_ended(world: World) -> None:
    fault = experiment(world)
    fault.inject()
    fault.heal()
    assert world.calls == ["StartExperiment", "StopExperiment"]
    assert world.experiments() == ["stopped"]
    fault.heal()
    assert world.calls.count("StopExperiment") == 1


def test_healing_what_never_began_asks_aws_for_nothing(world: World) -> None:
    experiment(world).heal()
    assert world.calls == []


def test_an_experiment_whose_start_was_never_answered_is_found_and_stopped(world: World) -> None:
    other = experiment(world)
    other.inject()
    fault = experiment(world)
    world.failing["StartExperiment"] = LOST
    with pytest.raises(ReadTimeoutError):
        fault.inject()
    world.failing.clear()
    fault.heal()
    assert sorted(world.experiments()) == ["pending", "stopped"]


def test_an_experiment_that_does_not_stop_is_told_with_what_to_look_at(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    fault = experiment(world)
    fault.inject()
    monkeypatch.setattr(fault, "_state", lambda: ("stopping", ""))
    with pytest.raises(FaultMissed, match=r"stopping 180 s after.*aws fis get-experiment --id"):
        fault.heal()


def test_a_drill_waits_for_what_takes_longer_than_its_own_patience(world: World) -> None:
    fault = guarded(world, experiment(world))
    fault.inject()
    assert fault.landed() is None
    fault.heal()


def test_a_fault_that_never_lands_is_told_after_its_time(world: World) -> None:
    fault = experiment(world, lambda: "the same")
    watched = Guarded(fault, guarded(world, fault)._guard, ask_every=0.01, lands_within=0.1)
    watched.inject()
    assert watched.landed() == "nothing has changed yet: the same"
    watched.heal()
    assert world.experiments() == ["stopped"]


def test_the_stop_condition_ends_a_fault_while_the_drill_does_something_else(world: World) -> None:
    fault = guarded(world, experiment(world))
    fault.inject()
    assert fault.landed() is None
    world.ring(STOP_ALARM)
    until(lambda: world.experiments() == ["stopped"])
    with pytest.raises(FaultMissed, match=f"was ended early: {STOP_ALARM} rings"):
        fault.heal()
    fault.heal()


def test_the_budget_ends_a_fault_while_the_drill_does_something_else(world: World) -> None:
    now = [0.0]
    fault = guarded(world, experiment(world), now=lambda: now[0])
    fault.inject()
    now[0] = 601
    until(lambda: world.experiments() == ["stopped"])
    with pytest.raises(FaultMissed, match="the budget of 10 minutes is spent"):
        fault.landed()
    with pytest.raises(FaultMissed, match="was ended early"):
        fault.heal()


def test_alarms_that_cannot_be_read_end_a_fault(world: World) -> None:
    fault = guarded(world, experiment(world))
    fault.inject()
    world.failing["DescribeAlarms"] = LOST
    until(lambda: world.experiments() == ["stopped"])
    with pytest.raises(FaultMissed, match="its alarms cannot be read"):
        fault.heal()


def test_a_failed_rollback_is_told_and_tried_again(world: World) -> None:
    fault = guarded(world, experiment(world))
    fault.inject()
    world.failing["StopExperiment"] = LOST
    world.ring(STOP_ALARM)
    until(lambda: "ending it failed" in (fault._ended_because or ""))
    world.failing.clear()
    with pytest.raises(FaultMissed, match="ending it failed"):
        fault.heal()
    assert world.experiments() == ["stopped"]
    fault.heal()


def test_leaving_the_program_ends_whatever_still_lasts(
    world: World, capsys: pytest.CaptureFixture[str]
) -> None:
    target = world.target()
    target.fault("pause", "replication").inject()
    target.fault("isolate", "zone").inject()
    target.roll_back()
    assert world.experiments() == ["stopped", "stopped"]
    assert capsys.readouterr().err == ""


def test_what_cannot_be_rolled_back_is_named_and_the_rest_is_rolled_back(
    world: World, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    target = world.target()
    target.fault("isolate", "zone").inject()
    stubborn = target.fault("pause", "replication")
    stubborn.inject()
    monkeypatch.setattr(stubborn, "heal", _refuse)
    target.roll_back()
    assert "replication-pause may still be in place: access denied" in capsys.readouterr().err
    assert sorted(world.experiments()) == ["pending", "stopped"]


def _refuse() -> None:
    raise FaultMissed("access denied")
