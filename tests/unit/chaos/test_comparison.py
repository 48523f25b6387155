"""Proves what the comparison of clients says of its counts, and that it says when it does not know."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

import settings
from chaos.comparison import CALLS, FAULTS, summarise, surprises
from chaos.crews.books import CrewBooks
from chaos.crews.clean import highest_share
from chaos.crews.kind import ALL, SHIM, SPOOL, STOCK, CrewKind
from chaos.ledger.judge import Account
from chaos.ledger.operation import Outcome
from chaos.ledger.outage import Latency
from tools.readme_figures import filled

QUICK = Latency(count=90, p50=0.1, p99=0.3, max=0.4)


def books(kind: CrewKind, *, calls: int = CALLS, failed: int = 0) -> CrewBooks:
    account = Account(calls, calls - failed, failed, 0)
    told = {Outcome.ACKNOWLEDGED: calls - failed, Outcome.FAILED: failed}
    return CrewBooks(kind, account, told, QUICK, QUICK, {})


def figures(**changed: Any) -> dict[str, Any]:
    usual = {"attempted": 200, "acknowledged": 200, "failed": 0, "in_doubt": 0}
    kept = {"lost": 0, "duplicated": 0}
    return {**usual, **kept, "registration_seconds": {"p99": 1.1}, **changed}


def outcome(drill: str = "primary-crash", **crews: dict[str, Any]) -> dict[str, Any]:
    worked = {"stock": figures(failed=4, duplicated=1), "shim": figures(), "shim-spool": figures()}
    changed = {name.replace("_", "-"): found for name, found in crews.items()}
    return {
        "drill": drill,
        "verdict": "passed",
        "reason": "",
        "outage_seconds": 2.0,
        "crews": worked | changed,
    }


def summary(*outcomes: dict[str, Any], clean: list[CrewBooks] | None = None) -> dict[str, Any]:
    undisturbed = clean or [books(kind) for kind in ALL]
    found = summarise(outcomes or (outcome(),), undisturbed, settings.load("local"))
    json.dumps(found, allow_nan=False)
    return found


def missed(result: dict[str, Any]) -> list[str]:
    return [name for name, aim in result["aims"].items() if not aim["met"]]


def test_all_aims_are_met_where_only_stock_mlflow_fails() -> None:
    found = summary(*(outcome(name) for name in FAULTS))
    assert missed(found) == []
    assert surprises(found) == []
    assert found["total"]["stock"]["errors"] == 5 * len(FAULTS)
    assert found["fewer_errors_percent"] == {"shim": 100.0, "shim-spool": 100.0}


@pytest.mark.parametrize(
    ("crews", "aims"),
    [
        ({"shim": figures(lost=1, attempted=4000)}, ["no call"]),
        ({"shim": figures(duplicated=1, attempted=4000)}, ["no call"]),
        ({"shim_spool": figures(failed=1)}, ["no call", "at leas"]),
        ({"shim_spool": figures(in_doubt=1)}, ["no call", "at leas"]),
        ({"shim": figures(lost=None)}, ["no call", "at leas"]),
        ({"shim_spool": figures(registration_seconds={"p99": 2.0})}, ["a regis"]),
        ({"stock": figures()}, ["at leas"]),
    ],
)
def test_each_aim_is_missed_for_its_own_reason(crews: dict[str, Any], aims: list[str]) -> None:
    assert [name[:7] for name in missed(summary(outcome(**crews)))] == aims


def test_an_error_weighs_by_the_calls_that_were_made() -> None:
    busy = figures(attempted=2000, failed=5)
    found = summary(outcome(stock=figures(failed=5), shim=busy))
    assert found["fewer_errors_percent"]["shim"] == 90.0


def test_without_a_fault_one_failure_in_three_thousand_is_too_many_to_claim_a_thousandth() -> None:
    clean = [books(STOCK), books(SHIM, failed=1), books(SPOOL)]
    found = summary(clean=clean)
    assert [name[:15] for name in missed(found)] == ["without a fault"]
    assert found["clean"]["shim"]["highest_share"] > 0.001


def test_the_bound_of_no_failure_is_near_the_rule_of_three_and_grows_with_each() -> None:
    assert highest_share(0, CALLS) == pytest.approx(3 / CALLS, rel=0.01)
    assert highest_share(0, CALLS) < 0.001 < highest_share(0, CALLS - 10)
    assert highest_share(1, CALLS) > highest_share(0, CALLS)


def test_a_drill_that_failed_is_a_surprise() -> None:
    told = surprises(summary({**outcome(), "verdict": "failed", "reason": "shim lost 1 write (a)"}))
    assert told == ["primary-crash: failed: shim lost 1 write (a)"]


def test_the_readme_shows_a_row_for_each_fault(tmp_path: Path) -> None:
    document = {
        "command": "compare",
        "commit": "abc",
        "date": "2026-01-01T00:00:00",
        "machine": {"cpus": 2, "memory_gib": 8, "system": "Linux", "architecture": "x86_64"},
        "result": summary(
            outcome(),
            outcome("front-door-loss", shim=figures(lost=None, in_doubt=2)),
        ),
    }
    (tmp_path / "clients.json").write_text(json.dumps(document))
    text = filled("<!-- measured:clients --><!-- /measured -->", tmp_path)
    assert "| `primary-crash` | 4 / 1 | 0 / 0 / 0 | 0 / 0 / 0 | 1.1 s |" in text
    assert "| `front-door-loss` | 4 / 1 | 2 / ? / 0 | 0 / 0 / 0 | 1.1 s |" in text
    assert "shim: 0 of 3000 calls failed (at most 0.0998%, with 95% confidence)" in text
