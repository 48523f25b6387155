"""What is measured is quoted in the form in which it is written, and nothing that is not there."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from bench.client_cost import WAYS, _figures
from bench.load import Turn
from bench.summary import figures, ratio
from chaos.evidence import summarise
from chaos.target import FrontDoor
from chaos.walk.availability import counted
from chaos.walk.prober import Prober
from chaos.walk.record import summary
from tools.figures.tables import NOT_YET
from tools.readme_figures import FigureError, filled

ROOT = Path(__file__).parents[2]


def crew(*, failed: int = 0, duplicated: int = 0) -> dict[str, int]:
    return {
        "attempted": 100,
        "acknowledged": 100 - failed,
        "failed": failed,
        "in_doubt": 0,
        "lost": 0,
        "duplicated": duplicated,
    }


def outcome(drill: str, outage: float, *, must_fail: str | None = None) -> dict[str, Any]:
    return {
        "drill": drill,
        "verdict": "failed" if must_fail else "passed",
        "objective_seconds": 6.0,
        "outage_seconds": outage,
        "redundancy_restored_seconds": 11.25,
        "client": {
            "attempted": 512,
            "acknowledged": 500,
            "failed": 8,
            "indeterminate": 4,
            "lost": 0,
            "duplicated": 0,
        },
        "crews": {"stock": crew(failed=3, duplicated=1), "shim": crew(), "shim-spool": crew()},
        "must_fail": must_fail,
        "unfinished_after_fault": 8,
        "versions": {},
        "settings": {},
    }


@dataclass(frozen=True)
class Evidence:
    folder: Path

    def write(self, block: str, result: dict[str, Any]) -> None:
        document = {
            "command": f"python -m {block}",
            "commit": "0123456789abcdef-dirty",
            "date": "2026-01-02T03:04:05+00:00",
            "machine": {"cpus": 2, "memory_gib": 8, "system": "Linux 6", "architecture": "x86_64"},
            "versions": {},
            "result": result,
        }
        (self.folder / f"{block}.json").write_text(json.dumps(document))

    def quoted(self, marker: str) -> str:
        return filled(f"<!-- measured:{marker} --><!-- /measured -->", self.folder)


@pytest.fixture
def evidence(tmp_path: Path) -> Evidence:
    return Evidence(tmp_path)


@pytest.mark.parametrize("marker", ["drills", "throughput", "connections", "startup", "worst:x"])
def test_what_was_not_measured_is_said_to_be_so(evidence: Evidence, marker: str) -> None:
    assert NOT_YET in evidence.quoted(marker)


def test_drills_are_quoted_in_the_form_in_which_they_are_written(evidence: Evidence) -> None:
    outcomes = [
        outcome("primary-crash", 2.5),
        outcome("primary-crash", 4.25),
        outcome("negative-control", 9.0, must_fail="objective_missed"),
    ]
    evidence.write("drills", {**summarise(outcomes), "not_run": ["front-door-loss-01"]})
    quoted = evidence.quoted("drills")
    assert "| `primary-crash` | 2 | 6 s | 2.5 s | 4.2 s | 11.2 s | passed |" in quoted
    books = (
        "| `primary-crash` | 1024 | 1000 | 24 | 0 | 0 | 200: 6 / 0 / 2 | 200: 0 / 0 / 0 | 200: 0"
    )
    assert books in quoted
    assert "| failed, as it must |" in quoted
    assert "1500 acknowledged writes; lost: 0; duplicated: 0. Not run yet: front-door" in quoted
    assert "`0123456789ab` with uncommitted changes, on 2 cores, 8 GiB" in quoted
    assert ">4.2 s (longest of 2)<" in evidence.quoted("worst:primary-crash")


def test_a_walk_is_quoted_in_the_form_in_which_it_is_written(evidence: Evidence) -> None:
    episode = {"kind": "primary hangs", "outage_seconds": 21.5}
    books = {"acknowledged": 900, "lost": 0, "duplicated": 0}
    counts = {"failovers": 2, "primary_hangs": 2, "etcd_leader_hangs": 1, "seconds": 120.0}
    one = {"verdict": "passed", "episodes": [episode] * 2, "client": books, **counts}
    kept = {"result": one, "commit": "c0ffee", "date": "2026-01-01T00:00:00+00:00"}
    evidence.write("random-walk", summary([kept, kept]))
    quoted = evidence.quoted("random-walk")
    assert "| primary hangs | 4 | 21.5 s | 21.5 s |" in quoted
    assert "2 walks (2 passed) with 4 failovers in 4 minutes; the primary's host hung 4" in quoted
    assert "1800 acknowledged writes; lost: 0; duplicated: 0." in quoted


def test_availability_is_quoted_in_the_form_in_which_it_is_written(evidence: Evidence) -> None:
    prober = Prober(FrontDoor("http://127.0.0.1:9", "admin", "secret"))
    prober.counts.update({"answered": 980, "503": 20})
    episodes = [{"outage_seconds": 2.5}] * 2
    walk = {"episodes": episodes, "failovers": 2, "seed": 1}
    evidence.write("availability", counted(prober, 600.0, 5, walk, 0.999))
    quoted = evidence.quoted("availability")
    assert "980 of 1000 writes were answered within 2 s: **98 %** of a window" in quoted
    assert "99.9 % of such a window leaves room for 1 unanswered writes" in quoted


def test_a_drill_that_could_not_be_read_back_counts_as_unknown(evidence: Evidence) -> None:
    unread = outcome("primary-crash", 3.0)
    unread["client"]["lost"] = unread["client"]["duplicated"] = None
    evidence.write("drills", {**summarise([unread]), "not_run": []})
    assert "lost: unknown" in evidence.quoted("drills")


def test_throughput_is_quoted_in_the_form_in_which_it_is_written(evidence: Evidence) -> None:
    fast, slow = (Turn(seconds=1, latencies=[0.01] * n) for n in (40, 50))
    cell = {"operation": "registration", "threads": 8, "ours": figures([fast])}
    both = {**cell, "bare": figures([slow]), "ratio": ratio([fast], [slow])}
    aim = {"at_least": 0.9, "measured": 0.8, "met": False}
    evidence.write(
        "throughput",
        {
            "plan": {"operations": {"registration": "create_model_version"}},
            "cells": [both, {**cell, "threads": 1}],
            "aims": {"ratio": aim},
        },
    )
    quoted = evidence.quoted("throughput")
    assert "| registration, 8 | 40 | 50 | 0.80 | 10 / 10 | 10 / 10 | 0 / 0 |" in quoted
    assert "| registration, 1 | 40 | - | - | 10 / 10 | - | 0 / - |" in quoted
    assert "“ratio”: **not met** (at least 0.9, measured 0.8)" in quoted


def test_bursts_and_starts_are_quoted(evidence: Evidence) -> None:
    side = {"calls": 288, "failed": 3, "failure_kinds": {}, "rows": 28500, "seconds": [1.5, 2.0]}
    burst = {"calls_per_round": 96, "metrics_per_call": 100, "rounds": 3}
    evidence.write("connections", {**burst, "sides": {"stock": side}})
    assert "| stock | 288 | 3 | 28500 of 28800 | 1.5, 2.0 |" in evidence.quoted("connections")
    memory = {"total": 3000, "by_role": {"app": 1000, "db": 2000}}
    start = {"empty_s": [50.5, 41.0], "existing_s": [20.0], "memory_mib": memory, "aims": {}}
    evidence.write("startup", start)
    assert "at most 50.5 s (50.5, 41)" in evidence.quoted("startup")
    assert "3000 MiB (app 1000, db 2000)" in evidence.quoted("startup")


def test_evidence_of_another_form_is_refused_by_name(evidence: Evidence) -> None:
    evidence.write("startup", {"seconds": 3})
    with pytest.raises(FigureError, match=r"docs/evidence/startup\.json"):
        evidence.quoted("startup")


@pytest.mark.parametrize(
    "text",
    [
        "<!-- measured:nothing --><!-- /measured -->",
        "<!-- settings:failover.leese --><!-- /settings -->",
        "<!-- settings:local.network --><!-- /settings -->",
    ],
)
def test_a_marker_that_names_no_figure_is_refused(text: str) -> None:
    with pytest.raises(FigureError):
        filled(text)


# Decisions


def test_what_the_client_adds_is_quoted_with_what_it_decides(evidence: Evidence) -> None:
    taken = {way: [0.005] * 1000 for way in WAYS}
    taken["client, spool"] = [0.005] * 980 + [0.05] * 9 + [0.005] * 11
    calls = {"log_metric": _figures(taken)}
    met = {
        f"log_metric, {way}, {share}": added["met"]
        for way, shares in calls["log_metric"]["added"].items()
        for share, added in shares.items()
    }
    limits = {"at_most_ms": 0.5, "or_at_most_share": 0.03, "confidence": 0.95, "met": met}
    imports = {"at_most_ms": 50.0, "measured": 1.0, "met": True}
    aims = {"added_per_call": limits, "added_to_import": imports}
    evidence.write("client-cost", {"calls": calls, "aims": aims})
    quoted = evidence.quoted("client-cost")
    assert "| log_metric | 5.00 / 5.00 | +0.00 (+0.00 to +0.00) / +0.00" in quoted
    undecided = "**not decided** by so many calls for log_metric, client, spool, p99_ms, met by"
    assert undecided in quoted
