"""Proves what training clients are judged by: fabricated diaries, one broken promise at a time."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from chaos.crews import diary as diaries
from chaos.crews.books import CrewBooks, balance
from chaos.crews.diary import Diary
from chaos.crews.kind import SHIM, SPOOL, STOCK, CrewKind
from chaos.crews.replay import Replay
from chaos.ledger.judge import Account
from chaos.ledger.operation import Outcome
from chaos.ledger.outage import Gap
from chaos.verdict import Failing, Limits, Measured, Verdict, judge

LIMITS = Limits(outage=400, redundancy=180, registration=2)
GOOD = Measured(
    account=Account(attempted=100, acknowledged=100, failed=0, indeterminate=0),
    outage=Gap(10, 12.5),
    baseline=40,
    redundancy=20,
)
ROUND = (("create_run", "run"), ("log_metric", "metric"), ("create_model_version", "version"))


def diary_of(path: Path, *, rounds: int = 3, **changed: dict[str, Any] | None) -> Diary:
    """Write and read a diary in which all went well, but for the calls that are changed.

    Args:
        path: The file.
        rounds: Of three calls.
        changed: What the end of a call says, by its key with _ for -; None: it never ended.
    """
    lines: list[dict[str, Any]] = [{"event": "ready", "experiment": "7", "models": ["m-0"]}]
    for number in range(rounds):
        for kind, noun in ROUND:
            key = f"0-{number}-{noun}"
            begun = {"kind": kind, "key": key, "thread": 0, "monotonic": 100.0 + number, "wall": 1}
            lines.append({"event": "began", **begun})
            end = changed.get(f"k{key.replace('-', '_')}", {})
            if end is not None:
                lines.append({"event": "acknowledged", "key": key, "seconds": 0.1, **end})
    path.write_text("".join(json.dumps(line) + "\n" for line in lines))
    return diaries.read(path, now=160.0)


@pytest.fixture
def worked(tmp_path: Path) -> Callable[..., CrewBooks]:
    """The books of a crew whose every call was acknowledged, and is there once."""

    def books(kind: CrewKind, present: dict[str, int] | None = None, **changed: Any) -> CrewBooks:
        diary = diary_of(tmp_path / f"{kind.name}.jsonl", **changed)
        kept = {o.key: 1 for o in diary.operations if o.outcome is not Outcome.FAILED}
        replay = Replay(0.4, complete=True) if kind.spools else None
        return balance(kind, diary, kept | (present or {}), replay)

    return books


def judged(*crews: CrewBooks, **changed: Any) -> tuple[Failing, ...]:
    return judge(LIMITS, replace(GOOD, crews=crews, **changed)).failings


REFUSED = {"event": "failed", "error": "MlflowException: no primary"}
BROKEN = [
    (SHIM, {"present": {"0-1-version": 0}}, Failing.SHIM_LOST),
    (SHIM, {"present": {"0-1-metric": 0}}, Failing.SHIM_LOST),
    (SHIM, {"present": {"0-1-run": 2}}, Failing.SHIM_DUPLICATED),
    (SHIM, {"k0_1_run": REFUSED}, Failing.SHIM_FAILED),
    (SHIM, {"k0_2_version": None}, Failing.SHIM_FAILED),
    (SPOOL, {"present": {"0-1-version": 0}}, Failing.SHIM_LOST),
    (SPOOL, {"present": {"0-1-run": 2}}, Failing.SHIM_DUPLICATED),
    (SPOOL, {"k0_1_run": REFUSED}, Failing.SHIM_FAILED),
    (SPOOL, {"k0_2_version": {"seconds": 2.0}}, Failing.SPOOL_SLOW),
]


def test_crews_for_whom_all_went_well_pass_and_are_told_in_the_result(worked: Any) -> None:
    crews = [worked(kind) for kind in (STOCK, SHIM, SPOOL)]
    assert judged(*crews) == ()
    found = crews[2].to_json()
    assert (found["attempted"], found["acknowledged"], found["failed"]) == (9, 9, 0)
    assert (found["lost"], found["duplicated"], found["in_doubt"]) == (0, 0, 0)
    assert found["registration_seconds"] == {"count": 3, "p50": 0.1, "p99": 0.1, "max": 0.1}
    assert found["replay_seconds"] == 0.4
    json.dumps(found)


@pytest.mark.parametrize(("kind", "change", "failing"), BROKEN)
def test_each_broken_promise_alone_fails_the_drill(
    kind: CrewKind, change: dict[str, Any], failing: Failing, worked: Any
) -> None:
    assert judged(worked(kind, **change)) == (failing,)


@pytest.mark.parametrize(("kind", "change", "failing"), BROKEN)
def test_what_befalls_stock_mlflow_is_reported_and_fails_nothing(
    kind: CrewKind, change: dict[str, Any], failing: Failing, worked: Any
) -> None:
    assert kind is not STOCK
    assert failing
    assert judged(worked(STOCK, **change)) == ()


def test_a_slow_registration_is_held_against_the_spool_only(worked: Any) -> None:
    assert judged(worked(SHIM, k0_2_version={"seconds": 40.0})) == ()


def test_calls_may_fail_in_an_outage_that_outlasts_their_deadline(worked: Any) -> None:
    failed = worked(SHIM, k0_1_run=REFUSED)
    assert judged(failed, outage=Gap(0, 299)) == (Failing.SHIM_FAILED,)
    assert judged(failed, outage=Gap(0, 301)) == ()


def test_the_reason_names_the_client_and_what_it_was_told(worked: Any) -> None:
    judgement = judge(LIMITS, replace(GOOD, crews=[worked(SHIM, k0_1_run=REFUSED)]))
    assert judgement.verdict is Verdict.FAILED
    assert judgement.reason == "1 calls of shim failed or never ended: MlflowException: no primary"


def test_a_crew_that_was_not_read_back_proves_nothing(worked: Any, tmp_path: Path) -> None:
    blind = balance(STOCK, diary_of(tmp_path / "d"), None, None)
    assert judged(blind) == (Failing.STEP_FAILED,)
    assert blind.to_json()["lost"] is None
    assert judged(worked(STOCK), blind) == (Failing.STEP_FAILED,)


def test_a_crew_that_did_nothing_proves_nothing(tmp_path: Path) -> None:
    assert judged(balance(STOCK, diary_of(tmp_path / "d", rounds=0), {}, None)) == (
        Failing.NO_WRITES,
    )


def test_a_call_that_failed_and_was_done_all_the_same_is_told(worked: Any) -> None:
    books = worked(STOCK, present={"0-1-run": 1}, k0_1_run=REFUSED)
    found = books.to_json()
    assert (found["failed"], found["failed_yet_there"]) == (1, 1)
    assert found["errors"] == {"MlflowException: no primary": 1}


def test_the_last_line_of_a_killed_script_may_be_torn(tmp_path: Path) -> None:
    diary_of(tmp_path / "d", rounds=2)
    text = (tmp_path / "d").read_text()
    (tmp_path / "d").write_text(text[:-20])
    operations = diaries.read(tmp_path / "d", now=200.0).operations
    assert [o.outcome for o in operations[-2:]] == [Outcome.ACKNOWLEDGED, Outcome.INDETERMINATE]
    assert operations[-1].completed == 200.0


def test_a_diary_that_is_not_there_yet_is_not_ready(tmp_path: Path) -> None:
    assert not diaries.read(tmp_path / "none", now=1).ready
