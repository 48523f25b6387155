"""Proves that every drill is written soundly: without running it."""

from __future__ import annotations

import copy
import json
import re
from pathlib import Path

import pytest
from chaoslib.experiment import ensure_experiment_is_valid

import settings
from chaos import drill as drills
from chaos.drill import DrillError
from chaos.plan import FULL

ALL = drills.names()


@pytest.mark.parametrize("name", ALL)
def test_chaos_toolkit_accepts_the_experiment(name: str) -> None:
    ensure_experiment_is_valid(copy.deepcopy(dict(drills.load(name).experiment)))


@pytest.mark.parametrize("name", ALL)
def test_every_term_is_a_settings_key_and_never_a_number(name: str) -> None:
    drill = drills.load(name)
    limits = drill.limits(settings.load("local"), threads=8)
    assert limits.outage > 0
    [terms] = drill.experiment["extensions"]
    assert not re.search(r"\d", json.dumps(terms))


@pytest.mark.parametrize("name", ALL)
def test_every_drill_proves_its_fault_and_heals_whatever_happens(name: str) -> None:
    experiment = drills.load(name).experiment
    method = [activity["provider"]["func"] for activity in experiment["method"]]
    assert method[0] == "start_writers"
    assert method[method.index("inject") + 1] == "fault_landed"
    assert method[-1] == "redundancy_restored"
    rollbacks = [activity["provider"]["func"] for activity in experiment["rollbacks"]]
    assert rollbacks == ["heal", "redundancy_restored", "stop_writers"]
    assert all("tolerance" in p for p in experiment["steady-state-hypothesis"]["probes"])


@pytest.mark.parametrize("name", ALL)
def test_no_drill_tolerates_a_lost_or_doubled_write(name: str) -> None:
    assert set(drills.load(name).terms.zero) == {"lost", "duplicated"}


def test_the_evidence_runs_every_drill() -> None:
    assert {name for name, _ in FULL} == set(ALL)


def test_a_misspelt_drill_is_answered_with_the_nearest() -> None:
    with pytest.raises(
        DrillError, match=r"'primary-crsh': no such drill\. Did you mean 'primary-c"
    ):
        drills.load("primary-crsh")


@pytest.mark.parametrize(
    ("key", "told"),
    [
        ("objectives.primary_crsh", "no 'primary_crsh'. Did you mean 'primary_crash'"),
        ("objectives.primary_crash.seconds", "no 'seconds'"),
        ("production", "a drill needs a number"),
        ("objectives", "a drill needs a number"),
    ],
)
def test_a_term_that_is_no_number_in_settings_is_refused(key: str, told: str) -> None:
    with pytest.raises(DrillError, match=re.escape(told)):
        drills.resolve(settings.load("local"), key)


def test_an_unknown_term_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "odd.yaml"
    path.write_text("title: t\nextensions: [{name: verdict, objective: a.b, within: 6}]\n")
    with pytest.raises(DrillError, match="within: Extra inputs"):
        drills.read(path)
    path.write_text("title: t\n")
    with pytest.raises(DrillError, match="0 extensions are called 'verdict'"):
        drills.read(path)
