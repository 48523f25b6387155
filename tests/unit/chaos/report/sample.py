"""Results as drills write them, without a drill."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from chaos import drill as drills
from chaos import timeline
from chaos.clock import Clock
from chaos.ledger.judge import Account
from chaos.ledger.operation import Operation, Outcome
from chaos.measurement import Observed, measure
from chaos.result import Result
from chaos.timeline import Mark
from chaos.verdict import judge
from settings import load

CREW = {
    "attempted": 400,
    "acknowledged": 390,
    "failed": 7,
    "in_doubt": 3,
    "lost": 0,
    "duplicated": 0,
    "p50_s": 0.04,
    "p99_s": 2.5,
    "max_s": 4.25,
}


def outcome(drill: str = "primary-crash", **changes: Any) -> dict[str, Any]:
    """One result as JSON."""
    return {
        "drill": drill,
        "target": "local",
        "verdict": "passed",
        "reason": "outage 2.5 s of 6 s allowed",
        "objective_seconds": 6.0,
        "outage_seconds": 2.5,
        "redundancy_restored_seconds": 11.25,
        "client": {
            "attempted": 508,
            "acknowledged": 500,
            "failed": 5,
            "indeterminate": 3,
            "lost": 0,
            "duplicated": 0,
        },
        "timeline": [
            {"at": "2026-01-02T03:04:05.000Z", "event": "baseline started", "detail": "8 threads"},
            {"at": "2026-01-02T03:04:45.500Z", "event": "read back", "detail": "500 found"},
        ],
        "failings": [],
        "must_fail": None,
        **changes,
    }


def crashed() -> Result:
    """A primary crash with three seconds without a write, judged by the real verdict."""
    drill = drills.load("primary-crash")
    limits = drill.limits(load("local"), threads=1)
    operations = [_operation(n) for n in range(40)]
    account = Account(attempted=40, acknowledged=34, failed=6, indeterminate=0)
    marks = [
        Mark(1000.0, timeline.BASELINE, "1 thread"),
        Mark(1010.0, timeline.INJECTED, "SIGKILL the postmaster of <db-1>"),
        Mark(1010.1, timeline.LANDED),
        Mark(1021.0, timeline.REDUNDANCY),
        Mark(1022.0, timeline.STOPPED),
    ]
    seen = Observed(operations, marks, 1023.0, account, [])
    measured = measure(seen)
    return Result(
        drill=drill,
        target="local",
        limits=limits,
        judgement=judge(limits, measured),
        measured=measured,
        seen=seen,
        clock=Clock(monotonic=1000.0, wall=1_700_000_000.0),
        prefix="drill-2026",
        versions={"mlflow": "3.17.2", "postgresql": "15.14"},
        settings=load("local").model_dump(mode="json"),
        interrupted=False,
    )


def _operation(number: int) -> Operation:
    begun = 1000.5 + number / 2
    refused = 1010 < begun < 1013.2
    return Operation(
        key=f"w0-{number}",
        kind="create_run",
        thread=0,
        invoked=begun,
        completed=begun + 0.05,
        at=1_700_000_000.0 + begun - 1000,
        outcome=Outcome.FAILED if refused else Outcome.ACKNOWLEDGED,
        status=503 if refused else 200,
        request_id=f"req-{number}",
        detail="503: no primary <yet>" if refused else "",
    )


def log_file(folder: Path, host: str, service: str, text: str) -> Path:
    path = folder / host / "log" / f"{service}.log"
    path.parent.mkdir(parents=True)
    path.write_text(text)
    return path
