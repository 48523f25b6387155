"""Proves what a drill is passed or failed for. Pure: no service, no chaoslib run."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from chaos.journal import mishaps
from chaos.ledger.judge import Account
from chaos.ledger.outage import Gap
from chaos.verdict import Failing, Limits, Measured, Verdict, judge

LIMITS = Limits(outage=6, redundancy=180)
BOOKS = Account(attempted=100, acknowledged=97, failed=2, indeterminate=1)
GOOD = Measured(account=BOOKS, outage=Gap(10, 12.5), baseline=40, unfinished=3, redundancy=20)


def failings(measured: Measured, limits: Limits = LIMITS) -> tuple[Failing, ...]:
    return judge(limits, measured).failings


def test_a_drill_within_its_objective_passes_and_says_by_how_much() -> None:
    judgement = judge(LIMITS, GOOD)
    assert judgement.verdict is Verdict.PASSED
    assert judgement.reason.startswith("outage 2.5 s of 6 s allowed; 97 writes acknowledged")


@pytest.mark.parametrize(
    ("change", "failing"),
    [
        ({"account": replace(BOOKS, lost=("w1-7",))}, Failing.LOST),
        ({"account": replace(BOOKS, duplicated=("w1-7",))}, Failing.DUPLICATED),
        ({"account": replace(BOOKS, acknowledged=0)}, Failing.NO_WRITES),
        ({"account": None}, Failing.STEP_FAILED),
        ({"baseline": 0}, Failing.NO_WRITES),
        ({"refused_before": 1}, Failing.STEP_FAILED),
        ({"outage": Gap(10, 16.1)}, Failing.OBJECTIVE_MISSED),
        ({"redundancy": None}, Failing.REDUNDANCY_NOT_RESTORED),
        ({"redundancy": 181}, Failing.REDUNDANCY_NOT_RESTORED),
        ({"mishaps": ["the fault landed: postmaster 7 still runs"]}, Failing.STEP_FAILED),
    ],
)
def test_each_broken_promise_alone_fails_the_drill(
    change: dict[str, Any], failing: Failing
) -> None:
    assert failings(replace(GOOD, **change)) == (failing,)


def test_a_drill_without_a_fault_proves_nothing() -> None:
    assert failings(replace(GOOD, outage=None)) == (Failing.STEP_FAILED,)


def test_in_flight_writes_may_fail_where_the_drill_allows_no_more() -> None:
    strict = replace(LIMITS, unfinished=8)
    assert failings(replace(GOOD, unfinished=8), strict) == ()
    assert failings(replace(GOOD, unfinished=9), strict) == (Failing.TOO_MANY_FAILURES,)


def test_writes_that_wait_for_healing_must_resume_soon_after_it() -> None:
    limits = replace(LIMITS, resume=30)
    assert failings(replace(GOOD, resumed_after_healing=29), limits) == ()
    assert failings(replace(GOOD, resumed_after_healing=31), limits) == (Failing.RESUMED_LATE,)
    assert failings(GOOD, limits) == (Failing.RESUMED_LATE,)


def test_the_gravest_reason_comes_first_and_none_is_dropped() -> None:
    measured = replace(GOOD, account=replace(BOOKS, lost=("a", "b")), outage=Gap(0, 7))
    judgement = judge(LIMITS, measured)
    assert judgement.failings == (Failing.LOST, Failing.OBJECTIVE_MISSED)
    assert judgement.reason.startswith("lost 2 writes (a, b)")


def activity(name: str, status: str, text: str = "") -> dict[str, Any]:
    exception = [f"chaoslib.exceptions.ActivityFailed: {text}\n"] if text else None
    return {"activity": {"name": name}, "status": status, "exception": exception}


def test_a_failed_action_counts_although_chaoslib_calls_the_run_completed() -> None:
    missed = "chaos.target.FaultMissed: kill db-1: db-1 is alive again"
    journal = {"status": "completed", "run": [activity("kill", "failed", missed)]}
    assert mishaps(journal) == ["kill: kill db-1: db-1 is alive again"]


def test_a_steady_state_that_did_not_hold_is_told_in_its_own_words() -> None:
    probe = activity("redundancy", "succeeded") | {"output": "db-3 is not streaming"}
    probe["activity"]["tolerance"] = "nothing"
    state = {"steady_state_met": False, "probes": [probe]}
    assert mishaps({"steady_states": {"before": state}}) == [
        "no steady state before the fault: redundancy said 'db-3 is not streaming', not 'nothing'"
    ]


def test_a_clean_journal_has_no_mishap() -> None:
    held = {"steady_state_met": True, "probes": []}
    journal = {
        "status": "completed",
        "steady_states": {"before": held, "after": held},
        "run": [activity("kill", "succeeded")],
        "rollbacks": [activity("heal", "succeeded")],
    }
    assert mishaps(journal) == []
