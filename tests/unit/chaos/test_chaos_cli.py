"""Proves the command line that scripts rely on: JSON, exit codes, messages."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from chaos import targets
from chaos.cli import app
from chaos.drill import Drill
from chaos.plan import QUICK
from chaos.result import Result
from chaos.suite import Suite

DOCUMENTED = {
    "drill",
    "target",
    "verdict",
    "reason",
    "objective_seconds",
    "outage_seconds",
    "redundancy_restored_seconds",
    "client",
    "timeline",
}
BOOKS = {"attempted", "acknowledged", "failed", "indeterminate", "lost", "duplicated"}


@pytest.fixture
def invoke(
    target: Any, short_experiments: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Any:
    assert short_experiments.exists()
    monkeypatch.setattr(targets, "open_target", lambda *_, **__: target)
    monkeypatch.setattr("chaos.crews.kind.ALL", ())  # they are no business of the command line
    monkeypatch.setattr("chaos.probes.LANDING", 0.1)
    monkeypatch.setattr("chaos.probes.SETTLING", 0.3)

    def run(*arguments: str) -> Any:
        return CliRunner().invoke(app, ["run", "--out", str(tmp_path / "out"), *arguments])

    return run


def test_json_on_standard_output_has_the_documented_shape_and_nothing_else(invoke: Any) -> None:
    done = invoke("primary-crash", "--json", "-", "--threads", "2")
    assert done.exit_code == 0, done.output
    [found] = json.loads(done.stdout)
    assert found.keys() >= DOCUMENTED
    assert found["client"].keys() >= BOOKS
    assert all(mark.keys() >= {"at", "event"} for mark in found["timeline"])
    assert "outage" in done.stderr  # people read there


def test_a_failed_verdict_is_exit_code_1_and_the_file_is_written(
    invoke: Any, target: Any, tmp_path: Path
) -> None:
    target.faulty.add("misses")
    done = invoke("primary-crash", "--json", str(tmp_path / "r.json"))
    assert done.exit_code == 1
    assert json.loads((tmp_path / "r.json").read_text())[0]["verdict"] == "failed"


def test_a_skipped_drill_is_no_failure(invoke: Any, target: Any) -> None:
    target.faulty.add("impossible")
    assert invoke("primary-host-loss").exit_code == 0


def test_repeats_get_a_page_each(invoke: Any, target: Any, tmp_path: Path) -> None:
    target.faulty.add("impossible")
    assert invoke("primary-crash", "--repeat", "2").exit_code == 0
    [folder] = (tmp_path / "out").iterdir()
    assert {path.name for path in folder.iterdir()} == {
        "primary-crash-01",
        "primary-crash-02",
        "index.html",
        "results.json",
        "junit.xml",
    }


@pytest.fixture
def order(invoke: Any, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Which drills would run, one after another."""
    asked: list[str] = []

    def remember(_suite: Suite, drills: Sequence[Drill], _repeat: int) -> list[Result]:
        asked.extend(drill.name for drill in drills)
        return []

    monkeypatch.setattr(Suite, "run", remember)

    def would_run(*arguments: str) -> list[str]:
        asked.clear()
        assert invoke(*arguments).exit_code == 0
        return list(asked)

    return would_run


def test_a_suite_is_every_drill_that_must_pass(order: Any) -> None:
    rows = json.loads(CliRunner().invoke(app, ["list", "--json"]).stdout)
    every = order("--suite", "full")
    assert sorted(every) == sorted(row["name"] for row in rows if not row["must_fail"])


def test_a_seed_decides_the_order(order: Any) -> None:
    assert order("--suite", "quick") == list(QUICK)
    by_chance = order("--suite", "full", "--seed", "1")
    assert by_chance == order("--suite", "full", "--seed", "1")
    assert by_chance != order("--suite", "full", "--seed", "2")
    assert sorted(by_chance) == sorted(order("--suite", "full"))


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["primary-crsh"], "Did you mean 'primary-crash'?"),
        (["primary-crash", "--target", "aws"], "which environment"),
        (["primary-crash", "--target", "moon"], "no such target"),
        (["primary-crash", "--target", "moon", "--stack", "local"], "'moon': no such target"),
        (["primary-crash", "--stack", "nowhere"], "no settings for environment 'nowhere'"),
        ([], "say which drills"),
        (["primary-crash", "--suite", "quick"], "say which drills"),
    ],
)
def test_a_usage_error_is_exit_code_2_with_a_remedy(arguments: list[str], told: str) -> None:
    done = CliRunner().invoke(app, ["run", *arguments])
    assert done.exit_code == 2
    assert told in " ".join(done.stderr.split())


def test_list_names_every_drill_with_objective_and_needs() -> None:
    rows = {
        row["name"]: row for row in json.loads(CliRunner().invoke(app, ["list", "--json"]).stdout)
    }
    assert rows["primary-crash"]["objective"] == "objectives.primary_crash"
    assert rows["negative-control"]["needs"] == ["kill standbys", "kill primary"]
    assert rows["negative-control"]["must_fail"] == "objective_missed"
