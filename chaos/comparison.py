"""Stock MLflow, mlflow-ha and mlflow-ha with its spool through the same faults: who fails, how often."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from chaos import drill as drills
from chaos.crews import totals
from chaos.crews.books import CrewBooks
from chaos.crews.clean import CONFIDENCE, highest_share, work_without_a_fault
from chaos.crews.crews import OF_TRAINING, CrewFailed
from chaos.crews.kind import SHIM, SPOOL, STOCK
from chaos.result import Result
from chaos.suite import Suite
from settings import Settings

FAULTS = (
    "primary-crash",
    "primary-host-loss",
    "mlflow-instance-loss",
    "front-door-loss",
    "total-outage",
    "dropped-replies",
)
COMMAND = ".venv/bin/python -m chaos compare --evidence"
CALLS = 3000
"""If none of so many fails, fewer than 0.1 % do, with 95 % confidence."""
FEWER_ERRORS = 90.0
"""Percent."""

Figures = Mapping[str, Any]


def compare(
    suite: Suite, *, calls: int, announce: Callable[[Result], None]
) -> dict[str, Any] | None:
    """Run every fault once, then work without any; return what evidence holds.

    Args:
        suite: With its crews.
        calls: Of each crew without a fault.
        announce: Told of each drill when it is over.

    Returns:
        None if it was interrupted.

    Raises:
        CrewFailed: A drill never came to its work, or a crew ended although nothing was broken.
        NoEnvironment: The client's wheel could not be installed.
    """
    outcomes = []
    for result in suite.run([drills.load(name) for name in FAULTS]):
        announce(result)
        if result.interrupted:
            return None
        if not result.seen.crews:
            raise CrewFailed(f"{result.drill.name} did not begin: {result.judgement.reason}")
        outcomes.append(result.to_json())
    clean = work_without_a_fault(
        suite.crew_kinds,
        suite.target.front_door(),
        folder=suite.folder / "clean",
        calls=calls,
        tell=suite.progress.status,
    )
    return summarise(outcomes, clean, suite.settings)


def summarise(
    outcomes: Sequence[Figures], clean: Sequence[CrewBooks], settings: Settings
) -> dict[str, Any]:
    """Everything that was counted, and whether it is what was aimed at. Pure.

    Args:
        outcomes: Results of drills, as JSON.
        clean: The books of the crews without a fault.
        settings: Hold the objectives.
    """
    total = {
        kind.name: totals.total(outcome["crews"][kind.name] for outcome in outcomes)
        for kind in (STOCK, SHIM, SPOOL)
    }
    fewer = {kind.name: _fewer(total[STOCK.name], total[kind.name]) for kind in (SHIM, SPOOL)}
    undisturbed = {books.kind.name: _rate(books) for books in clean}
    return {
        "pace": {"threads": OF_TRAINING.threads, "pause_seconds": OF_TRAINING.pause},
        "faults": {
            outcome["drill"]: {
                key: outcome[key] for key in ("verdict", "reason", "outage_seconds", "crews")
            }
            for outcome in outcomes
        },
        "total": total,
        "fewer_errors_percent": fewer,
        "clean": undisturbed,
        "aims": _aims(outcomes, total, fewer, undisturbed, settings),
    }


def _fewer(stock: Figures, other: Figures) -> float | None:
    """By how many percent a call is less likely to go wrong; crews make different numbers."""
    if not stock["errors"] or other["errors"] is None or not other["attempted"]:
        return None
    ours: float = other["errors"] / other["attempted"]
    theirs: float = stock["errors"] / stock["attempted"]
    return round(100 * (1 - ours / theirs), 1)


def _rate(books: CrewBooks) -> dict[str, Any]:
    wrong = books.failed + books.in_doubt
    return {
        **books.to_json(),
        "failed_share": wrong / books.attempted,
        "highest_share": round(highest_share(wrong, books.attempted), 6),
        "confidence": CONFIDENCE,
    }


def _aims(
    outcomes: Sequence[Figures],
    total: Mapping[str, Figures],
    fewer: Mapping[str, float | None],
    clean: Mapping[str, Figures],
    settings: Settings,
) -> dict[str, Any]:
    promised = settings.objectives
    ours = [total[kind.name] for kind in (SHIM, SPOOL)]
    wrong = {key: totals.sum_known(crew[key] for crew in ours) for key in totals.ERRORS}
    slowest = max(
        (
            (p99, outcome["drill"])
            for outcome in outcomes
            if (p99 := outcome["crews"][SPOOL.name]["registration_seconds"]["p99"]) is not None
        ),
        default=(None, "none"),
    )
    known = [value for value in fewer.values() if value is not None]
    least = min(known) if len(known) == len(fewer) else None
    highest = max(clean[kind.name]["highest_share"] for kind in (SHIM, SPOOL))
    return {
        "no call through mlflow-ha fails, is lost or done twice": {
            "met": set(wrong.values()) == {0},
            **wrong,
        },
        f"at least {FEWER_ERRORS:g} % fewer errors than stock MLflow": {
            "met": least is not None and least >= FEWER_ERRORS,
            "percent": least,
        },
        f"a registration with the spool takes less than {promised.registration_p99:g} s at p99": {
            "met": slowest[0] is not None and slowest[0] < promised.registration_p99,
            "slowest": slowest[0],
            "in": slowest[1],
        },
        f"without a fault fewer than {promised.failed_registrations:.1%} of calls fail": {
            "met": highest < promised.failed_registrations,
            "highest_share_by_95_%_confidence": highest,
        },
    }


def surprises(result: Figures) -> list[str]:
    """What did not come out as it should, a sentence each."""
    failed = [
        f"{name}: {found['verdict']}: {found['reason']}"
        for name, found in result["faults"].items()
        if found["verdict"] != "passed"
    ]
    return failed + [
        f"aim not met: {name}" for name, aim in result["aims"].items() if not aim["met"]
    ]
