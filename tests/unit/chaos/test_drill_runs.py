"""Proves whole drills through chaoslib, real HTTP and the ledger, against a fake target.

What a real fault does to a real cluster is proven in tests/cluster/chaos.
"""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from chaos.ledger.operation import read_history
from chaos.result import Result
from chaos.suite import Suite

Play = Callable[[str], Result]


def test_a_crash_that_is_survived_passes_with_its_outage_measured(play: Play, suite: Suite) -> None:
    found = play("primary-crash").to_json()
    assert found["verdict"] == "passed", found["reason"]
    assert 0.1 < found["outage_seconds"] < 0.8
    assert found["client"]["lost"] == found["client"]["duplicated"] == 0
    assert found["outage_of_old_connections_seconds"] >= found["outage_seconds"]
    assert found["client"]["failed"] > 0
    history = list(read_history(suite.folder / "primary-crash" / "history.jsonl"))
    assert len(history) == found["client"]["attempted"]


def test_the_timeline_tells_the_story_in_order(play: Play) -> None:
    result = play("primary-host-loss")
    events = [mark["event"] for mark in result.to_json()["timeline"]]
    story = [
        "baseline started",
        "fault injected",
        "first error",
        "last error",
        "writes resumed",
        "healed",
        "redundancy restored",
        "writers stopped",
        "read back",
    ]
    assert [event for event in events if event in story] == story
    assert "fault landed" in events


def test_the_negative_control_fails_because_the_objective_is_missed_and_for_nothing_else(
    play: Play, target: Any
) -> None:
    result = play("negative-control")
    found = result.to_json()
    assert found["verdict"] == "failed"
    assert found["failings"] == [found["must_fail"]] == ["objective_missed"]
    assert target.active == []


def test_a_database_outage_passes_if_the_fleet_stays(play: Play) -> None:
    found = play("database-outage").to_json()
    assert found["verdict"] == "passed", found["reason"]
    assert found["resumed_after_healing_seconds"] < 1


@pytest.mark.parametrize(
    ("fault", "told"),
    [("restarts", "app-1 restarted"), ("takes out", "lb-1 took out app-2")],
)
def test_a_fleet_that_reacts_to_a_database_outage_fails_the_drill(
    play: Play, target: Any, fault: str, told: str
) -> None:
    target.faulty.add(fault)
    found = play("database-outage").to_json()
    assert found["failings"][0] == "step_failed"
    assert told in found["reason"]


def test_a_fault_that_missed_fails_the_drill(play: Play, target: Any) -> None:
    target.faulty.add("misses")
    found = play("primary-crash").to_json()
    assert found["verdict"] == "failed"
    assert "postmaster 4711 still runs" in found["reason"]


def test_an_action_that_raised_fails_the_drill(play: Play, target: Any) -> None:
    target.faulty.add("raises")
    found = play("primary-crash").to_json()
    assert found["verdict"] == "failed"
    assert "kill: permission denied" in found["reason"]


def test_a_target_that_is_not_redundant_to_begin_with_gets_no_fault(
    play: Play, target: Any
) -> None:
    target.missing = lambda: ["db-2 is not streaming"]
    found = play("primary-crash").to_json()
    assert found["failings"][0] == "step_failed"
    assert "db-2 is not streaming" in found["reason"]
    assert "fault injected" not in [mark["event"] for mark in found["timeline"]]


def test_a_standby_that_still_replays_the_last_drill_is_waited_for(
    play: Play, target: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    behind = iter([["standby db-2 is 2559592 bytes behind"], ["standby db-2 is 7 bytes behind"]])
    whole = target.missing
    monkeypatch.setattr(target, "missing", lambda: next(behind, None) or whole())
    assert play("primary-crash").to_json()["verdict"] == "passed"


def test_redundancy_that_does_not_return_fails_the_drill(play: Play, target: Any) -> None:
    target.faulty.add("never redundant")
    assert "redundancy_not_restored" in play("primary-crash").to_json()["failings"]


def test_what_the_target_cannot_do_is_skipped_with_its_reason(play: Play, target: Any) -> None:
    target.faulty.add("impossible")
    found = play("primary-host-loss").to_json()
    assert found["verdict"] == "skipped"
    assert found["reason"].startswith("needs root")


def test_a_service_that_forgets_an_acknowledged_write_is_caught(play: Play, mlflow: Any) -> None:
    mlflow.forgets = {20, 21}
    found = play("primary-crash").to_json()
    assert found["failings"] == ["lost"]
    assert found["client"]["lost"] == 2


def test_a_service_that_writes_twice_is_caught(play: Play, mlflow: Any) -> None:
    mlflow.doubles = {20}
    found = play("primary-crash").to_json()
    assert found["failings"] == ["duplicated"]
    assert found["client"]["duplicated"] == 1


def test_more_failures_than_writers_fail_the_loss_of_one_instance(play: Play) -> None:
    assert play("mlflow-instance-loss").to_json()["failings"] == ["too_many_failures"]


def test_an_interrupted_drill_heals_reads_back_and_says_so(play: Play, target: Any) -> None:
    target.failover = 60  # it would wait for writes to flow
    interrupt = threading.Timer(0.7, os.kill, (os.getpid(), signal.SIGINT))
    interrupt.start()
    result = play("primary-host-loss")
    assert result.interrupted
    assert target.active == []
    found = result.to_json()
    assert found["verdict"] == "failed"
    assert "interrupted" in found["reason"]
    assert found["client"]["lost"] == 0


def test_the_page_stands_alone_and_tells_verdict_and_errors(play: Play, suite: Suite) -> None:
    play("primary-crash")
    page = (suite.folder / "primary-crash" / "index.html").read_text()
    for told in ("<svg", "req-1", "objectives.primary_crash"):
        assert told in page
    for outside in ("<script", 'src="', "@import", "<link"):
        assert outside not in page
    index = (suite.folder / "index.html").read_text()
    assert 'href="primary-crash/index.html"' in index


def test_all_results_are_on_disk_beside_the_page(play: Play, suite: Suite) -> None:
    play("primary-crash")
    files = {path.name for path in Path(suite.folder / "primary-crash").iterdir()}
    assert files == {
        "index.html",
        "result.json",
        "history.jsonl",
        "journal.json",
        "chaostoolkit.log",
    }
