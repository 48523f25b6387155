"""Proves that evidence is complete, resumable, atomic, and names no machine."""

from __future__ import annotations

import json
import platform
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from chaos.evidence import collect, summarise, surprise
from chaos.plan import PlanError, Repeat, planned
from chaos.suite import Suite
from tools.evidence import ROOT, anonymous, write_atomically, write_evidence

CREW = {
    "attempted": 50,
    "acknowledged": 49,
    "failed": 1,
    "in_doubt": 0,
    "lost": 0,
    "duplicated": 0,
}


def outcome(
    drill: str = "primary-crash", outage: float | None = 2.0, **more: Any
) -> dict[str, Any]:
    return {
        "drill": drill,
        "verdict": "passed",
        "reason": "",
        "failings": [],
        "must_fail": None,
        "objective_seconds": 6,
        "outage_seconds": outage,
        "redundancy_restored_seconds": 9.0,
        "unfinished_after_fault": 3,
        "client": {"acknowledged": 100, "lost": 0, "duplicated": 0},
        "crews": {"shim": CREW},
        "versions": {},
        "settings": {"environment": "local"},
        **more,
    }


def test_every_raw_outcome_is_kept_beside_the_distribution() -> None:
    found = summarise([outcome(outage=seconds) for seconds in (4.0, 2.0, 3.0)])
    drill = found["drills"]["primary-crash"]
    assert (drill["outage_p50"], drill["outage_max"], drill["repeats"]) == (3.0, 4.0, 3)
    assert [raw["outage_seconds"] for raw in found["outcomes"]] == [4.0, 2.0, 3.0]
    assert found["acknowledged"] == 300


def test_one_drill_that_was_not_read_back_makes_the_total_unknown() -> None:
    blind = outcome(client={"acknowledged": 1, "lost": None, "duplicated": None})
    assert summarise([outcome(), blind])["lost"] is None


def test_what_each_client_saw_is_summed_up_over_the_repeats_of_a_drill() -> None:
    blind = outcome(crews={"shim": {**CREW, "lost": None}})
    skipped = outcome("aws-only", crews={})
    found = summarise([outcome(), outcome(), skipped])["drills"]
    shim = found["primary-crash"]["crews"]["shim"]
    assert (shim["attempted"], shim["failed"], shim["lost"], shim["errors"]) == (100, 2, 0, 2)
    assert found["aws-only"]["crews"] == {}
    lost = summarise([outcome(), blind])["drills"]["primary-crash"]["crews"]["shim"]
    assert (lost["failed"], lost["lost"], lost["errors"]) == (2, None, None)


def test_a_negative_control_must_fail_and_for_its_own_reason_only() -> None:
    control = outcome(must_fail="objective_missed", verdict="failed", failings=["objective_missed"])
    assert surprise(control) is None
    assert surprise({**control, "verdict": "passed", "failings": []})
    assert surprise({**control, "failings": ["lost", "objective_missed"]})
    assert surprise(outcome()) is None
    assert surprise(outcome(verdict="skipped"))


def test_only_takes_drills_of_the_plan() -> None:
    plan = (("primary-crash", 2), ("front-door-loss", 1))
    assert [r.name for r in planned(plan, ["primary-crash"])] == [
        "primary-crash-01",
        "primary-crash-02",
    ]
    with pytest.raises(PlanError, match="Did you mean 'front-door-loss'"):
        planned(plan, ["front-dor-loss"])


def test_a_killed_run_goes_on_where_it_stopped(
    suite: Suite, short_experiments: Path, tmp_path: Path, monkeypatch: Any
) -> None:
    assert short_experiments.exists()
    monkeypatch.setattr("chaos.evidence.commit", lambda: "abc")
    kept = tmp_path / "kept"
    write_atomically(kept / "abc" / "primary-crash-01.json", json.dumps(outcome()))
    plan = [Repeat("primary-crash", 1), Repeat("primary-crash", 2)]
    where = {"kept": kept, "output": tmp_path / "drills.json"}
    complete, unexpected = collect(plan, replace(suite, threads=2), **where, fresh=False)
    assert (complete, unexpected) == (True, [])
    assert [path.name for path in suite.folder.iterdir()] == ["primary-crash-02"]
    document = json.loads((tmp_path / "drills.json").read_text())
    assert document.keys() == {"command", "commit", "date", "machine", "versions", "result"}
    assert document["result"]["drills"]["primary-crash"]["repeats"] == 2
    assert "primary-host-loss-01" in document["result"]["not_run"]


def test_evidence_names_no_path_and_no_host(tmp_path: Path, monkeypatch: Any) -> None:
    monkeypatch.setattr(platform, "node", lambda: "build-machine-7")
    said = {"detail": f"{ROOT}/chaos/x.py on build-machine-7: http://198.18.0.10:5000"}
    write_evidence(tmp_path / "e.json", "make it", said, {"python": "3"})
    text = (tmp_path / "e.json").read_text()
    assert str(ROOT) not in text
    assert "build-machine-7" not in text
    assert "http://198.18.0.10:5000" in text
    assert anonymous("localhost") == "localhost"


def test_a_write_that_fails_leaves_the_old_file(tmp_path: Path) -> None:
    path = tmp_path / "e.json"
    write_evidence(path, "c", {"n": 1}, {})
    with pytest.raises(ValueError, match="JSON"):
        write_evidence(path, "c", {"n": float("nan")}, {})
    assert json.loads(path.read_text())["result"] == {"n": 1}
    assert [p.name for p in tmp_path.iterdir()] == ["e.json"]
