"""Which call each fault of a drill becomes, in which order, and when it counts as there."""

from __future__ import annotations

import pytest

from chaos.target import FaultMissed, NotPossible
from chaos.targets.aws_calls import DatabaseFailedOver, TasksStopped
from chaos.targets.aws_database import Database
from chaos.targets.aws_fleet import Fleet
from tests.unit.chaos.aws.conftest import DATABASE, World


def test_the_login_is_the_administrators(world: World) -> None:
    door = world.target().front_door()
    assert (door.url, door.username, door.password) == (world.endpoint, "admin", "very-secret")
    assert "very-secret" not in repr(door)


@pytest.mark.parametrize(
    ("verb", "role", "told"),
    [
        ("crash", "primary", "FIS experiment database-failover"),
        ("kill", "primary", "FIS experiment database-failover"),
        ("kill", "instance", "FIS experiment task-stop"),
        ("isolate", "zone", "FIS experiment zone-loss-us-east-1a"),
        ("pause", "replication", "FIS experiment replication-pause"),
        ("kill", "zone", f"stop 1 of the tasks in us-east-1a and fail over cluster {DATABASE}"),
    ],
)
def test_each_fault_says_what_it_will_do(world: World, verb: str, role: str, told: str) -> None:
    assert world.target().fault(verb, role).description == told
    assert world.calls == []


@pytest.mark.parametrize("role", ["zone", "replication"])
def test_faults_that_last_are_healed_and_the_others_repair_themselves(
    world: World, role: str
) -> None:
    verb = {"zone": "isolate", "replication": "pause"}[role]
    assert world.target().fault(verb, role).needs_healing
    assert not world.target().fault("kill", "primary").needs_healing


def test_a_fault_that_aws_has_no_word_for_is_not_possible(world: World) -> None:
    with pytest.raises(NotPossible, match=r"cannot freeze 'standbys'\. It can: crash or kill"):
        world.target().fault("freeze", "standbys")


def test_a_fault_that_lasts_needs_its_template_since_aws_has_to_end_it(world: World) -> None:
    target = world.target(experiments={"task-stop": world.templates["task-stop"]})
    with pytest.raises(NotPossible, match="no FIS template 'replication-pause'; it has: task-stop"):
        target.fault("pause", "replication")


def test_without_a_template_the_cluster_is_failed_over_by_rds_itself(world: World) -> None:
    fault = world.target(experiments={}).fault("kill", "primary")
    fault.inject()
    assert world.calls == ["FailoverDBCluster"]
    assert fault.landed() is None


def test_without_a_template_one_task_is_stopped(world: World) -> None:
    fault = world.target(experiments={}).fault("kill", "instance")
    fault.inject()
    assert world.calls == ["StopTask"]
    assert fault.landed() is None
    assert len(world.target().instances()) == 2


def test_a_multi_az_instance_is_rebooted_with_failover(world: World) -> None:
    asked: list[dict[str, object]] = []
    events = world.session._session.get_component("event_emitter")
    events.register(
        "provide-client-params.rds.RebootDBInstance", lambda params, **_: asked.append(params)
    )
    fault = DatabaseFailedOver(Database(world.session, f"{DATABASE}-0", "multi_az_instance"))
    assert fault.description == f"reboot {DATABASE}-0 with failover"
    fault.inject()
    assert asked == [{"DBInstanceIdentifier": f"{DATABASE}-0", "ForceFailover": True}]
    assert fault.landed() == "still writing: us-east-1a"


def test_a_single_database_has_nobody_to_take_over(world: World) -> None:
    with pytest.raises(NotPossible, match="topology single"):
        DatabaseFailedOver(Database(world.session, f"{DATABASE}-0", "single"))


def test_a_whole_zone_stops_tasks_first_and_then_the_writer(world: World) -> None:
    fault = world.target().fault("kill", "zone")
    fault.inject()
    assert world.calls == ["StopTask", "FailoverDBCluster"]
    assert fault.landed() is None
    assert "10.0.0.7" not in world.target().instances()
    assert {"10.0.1.7", "10.0.2.7"} <= set(world.target().instances())


def test_a_zone_without_a_task_of_ours_proves_nothing(world: World) -> None:
    with pytest.raises(NotPossible, match="no task runs in us-west-2z"):
        TasksStopped(Fleet(world.session, "fleet", "mlflow"), [], "in us-west-2z")


def test_a_stopped_task_that_still_runs_is_no_fault_yet(world: World) -> None:
    fleet = Fleet(world.session, "fleet", "mlflow")
    [first, *_] = fleet.tasks()
    assert TasksStopped(fleet, [first], "of the service").landed() == f"still running: {first.arn}"


def test_a_template_without_an_alarm_that_ends_it_is_not_used(world: World) -> None:
    made = world.fis.create_experiment_template(
        clientToken="bare",
        description="bare",
        roleArn="arn:aws:iam::123456789012:role/faults",
        stopConditions=[{"source": "none"}],
        actions={"fault": {"actionId": "aws:ecs:stop-task"}},
        targets={},
    )
    bare = made["experimentTemplate"]["id"]
    with pytest.raises(FaultMissed, match="has no alarm that ends it"):
        world.target(experiments={"task-stop": bare})
    with pytest.raises(FaultMissed, match="FIS template EXTgone cannot be read"):
        world.target(experiments={"task-stop": "EXTgone"})


def test_exact_versions_are_told(world: World) -> None:
    assert world.target().versions() == {
        "image": "image@sha256:0",
        "postgresql": world.target()._database.version(),
        "topology": "multi_az_cluster",
        "region": "us-east-1",
    }
