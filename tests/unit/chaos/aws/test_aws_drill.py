"""Whole drills on a stack, from their YAML to their verdict: moto stands in for AWS.

Writes go to a fake MLflow over real HTTP. No time that is measured here says anything about AWS.
"""

from __future__ import annotations

import copy
import os
import signal
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from chaoslib.experiment import ensure_experiment_is_valid

import settings
from chaos import drill as drills
from chaos.drill import Drill
from chaos.progress import Silent
from chaos.result import Result
from chaos.suite import Suite
from chaos.targets import aws_guarded, aws_probes
from chaos.targets.aws import AwsTarget
from chaos.targets.aws_calls import DatabaseFailedOver
from observability.catalogue import catalogue
from tests.unit.chaos.aws.conftest import World
from tests.unit.chaos.conftest import FakeMlflow, shortened

FOLDER = Path(drills.__file__).parent / "targets" / "aws_drills"
OURS = sorted(FOLDER.glob("*.yaml"))
BRIEF = {
    "nobody_is_woken": {"seconds": 0.1},
    "alarm_rings": {"name": "ReplicationSlow", "within": 1},
    "alarm_ends": {"name": "ReplicationSlow", "within": 1},
    "canary_succeeds": {"within": 1},
}


def brief(path: Path) -> Drill:
    """The drill without its long waits."""
    drill = shortened(drills.read(path))
    experiment: dict[str, Any] = copy.deepcopy(dict(drill.experiment))
    for activity in experiment["method"]:
        if arguments := BRIEF.get(activity["provider"]["func"]):
            activity["provider"]["arguments"] = arguments
    return Drill(drill.name, experiment, drill.terms)


@pytest.fixture
def play(
    world: World, mlflow: FakeMlflow, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Callable[[str], Result]]:
    monkeypatch.setattr("chaos.probes.ASKING_INTERVAL", 0.05)
    monkeypatch.setattr("chaos.probes.SETTLING", 0.1)
    monkeypatch.setattr(aws_probes, "ASK_EVERY", 0.05)
    monkeypatch.setattr(aws_guarded, "ASK_EVERY", 0.05)
    world.endpoint = mlflow.url
    target = world.target()
    bare = target.fault

    def fault(verb: str, role: str) -> Any:
        made: Any = bare(verb, role)
        made._ask_every = 0.05
        made._look_every = 0.05
        return made

    monkeypatch.setattr(target, "fault", fault)
    suite = Suite(target, settings.load("prod"), tmp_path, 2, Silent(), {"fake": "1"})

    def run(name: str) -> Result:
        [result] = suite.run([brief(FOLDER / f"{name}.yaml")])
        return result

    yield run
    target.roll_back()


@pytest.mark.parametrize("path", OURS, ids=lambda path: path.stem)
def test_every_drill_is_written_soundly(path: Path) -> None:
    drill = drills.read(path)
    ensure_experiment_is_valid(copy.deepcopy(dict(drill.experiment)))
    assert drill.limits(settings.load("prod"), threads=8).outage > 0
    method = [activity["provider"]["func"] for activity in drill.experiment["method"]]
    assert method[method.index("inject") + 1] == "fault_landed"
    assert method[-1] == "redundancy_restored"
    healing = [activity["provider"]["func"] for activity in drill.experiment["rollbacks"]]
    assert healing == ["heal", "redundancy_restored", "stop_writers"]


def test_every_drill_of_this_folder_is_tested_here() -> None:
    assert [path.stem for path in OURS] == ["replication-pause", "zone-loss", "zone-stop"]


def test_an_alarm_that_a_drill_waits_for_is_one_of_the_environments() -> None:
    known = {alarm.name for alarm in catalogue(settings.load("prod")).alarms}
    for path in OURS:
        for activity in drills.read(path).experiment["method"]:
            arguments = activity["provider"].get("arguments", {})
            assert arguments.get("name", "ReplicationSlow") in known


def test_a_stopped_zone_passes_when_another_zone_writes(
    play: Callable[[str], Result], world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(AwsTarget, "missing", lambda _self: [])  # moto's ECS starts no other task
    found = play("zone-stop").to_json()
    assert found["verdict"] == "passed", found["reason"]
    assert world.calls == ["StopTask", "FailoverDBCluster"]
    assert found["client"]["lost"] == 0


def test_a_zone_whose_loss_nothing_shows_proves_nothing(
    play: Callable[[str], Result], world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(aws_guarded.Guarded, "landed", lambda self: self._fault.landed())
    monkeypatch.setattr("chaos.probes.LANDING", 0.3)
    found = play("zone-loss").to_json()
    assert found["verdict"] == "failed"
    assert "nothing has changed yet" in found["reason"]
    assert world.experiments() == ["stopped"]


def test_a_pause_passes_when_its_ticket_rings_and_ends_and_nobody_was_woken(
    play: Callable[[str], Result], world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    rung = aws_probes.alarm_rings
    ended = aws_probes.alarm_ends

    def rings(name: str, within: float) -> None:
        world.ring(f"mlflow-ha-prod-{name}")
        rung(name, within)

    def ends(name: str, within: float) -> None:
        world.ring(f"mlflow-ha-prod-{name}", "OK")
        ended(name, within)

    monkeypatch.setattr(aws_probes, "alarm_rings", rings)
    monkeypatch.setattr(aws_probes, "alarm_ends", ends)
    found = play("replication-pause").to_json()
    assert found["verdict"] == "passed", found["reason"]
    assert world.experiments() == ["stopped"]


def test_a_ticket_that_never_rings_fails_the_drill_and_the_pause_is_ended(
    play: Callable[[str], Result], world: World
) -> None:
    found = play("replication-pause").to_json()
    assert "ReplicationSlow is silent" in found["reason"]
    assert world.experiments() == ["stopped"]


def test_somebody_who_is_woken_fails_the_drill(
    play: Callable[[str], Result], world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    watched = aws_probes.nobody_is_woken

    def woken(seconds: float) -> None:
        world.ring("mlflow-ha-prod-TargetsLost")
        watched(seconds)

    monkeypatch.setattr(aws_probes, "nobody_is_woken", woken)
    assert "TargetsLost rings: a test says so" in play("replication-pause").to_json()["reason"]
    assert world.experiments() == ["stopped"]


def test_ctrl_c_ends_the_experiment_before_the_drill_returns(
    play: Callable[[str], Result], world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(**_: Any) -> None:
        os.kill(os.getpid(), signal.SIGINT)
        threading.Event().wait(5)

    monkeypatch.setattr(aws_probes, "nobody_is_woken", interrupted)
    result = play("replication-pause")
    assert result.interrupted
    assert result.to_json()["verdict"] == "failed"
    assert world.experiments() == ["stopped"]


def test_a_refused_drill_is_failed_and_says_why(
    play: Callable[[str], Result], world: World
) -> None:
    world.ring("mlflow-ha-prod-TargetsLost")
    found = play("zone-stop").to_json()
    assert found["verdict"] == "failed"
    assert "was refused, nothing was touched: TargetsLost rings" in found["reason"]
    assert world.calls == []


def test_a_failover_that_aws_refuses_is_told_in_its_words(
    play: Callable[[str], Result], monkeypatch: pytest.MonkeyPatch
) -> None:
    def denied(_fault: DatabaseFailedOver) -> None:
        raise PermissionError("rds:FailoverDBCluster: access denied")

    monkeypatch.setattr(DatabaseFailedOver, "inject", denied)
    assert "rds:FailoverDBCluster: access denied" in play("zone-stop").to_json()["reason"]
