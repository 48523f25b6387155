"""The committed list of drills, run and boiled down to docs/evidence/drills.json."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from chaos import drill as drills
from chaos.crews.totals import total
from chaos.ledger.outage import quantile
from chaos.plan import FULL, Repeat, planned
from chaos.suite import Suite
from tools.evidence import commit, write_atomically, write_evidence

COMMAND = ".venv/bin/python -m chaos evidence"
SAME_FOR_ALL = ("versions", "settings")


def collect(
    plan: Sequence[Repeat], suite: Suite, *, kept: Path, output: Path, fresh: bool
) -> tuple[bool, list[str]]:
    """Run what is not kept yet, then write the evidence from everything kept for this commit.

    Args:
        plan: What to run.
        suite: With whom.
        kept: Each finished repeat is stored below, per commit.
        output: The evidence file.
        fresh: Forget what was kept for this commit.

    Returns:
        Whether the plan is complete, and what came out otherwise than it should.
    """
    folder = kept / commit()
    if fresh and folder.exists():
        shutil.rmtree(folder)
    folder.mkdir(parents=True, exist_ok=True)
    for repeat in plan:
        path = folder / f"{repeat.name}.json"
        if path.exists():
            continue
        once = replace(suite, folder=suite.folder / repeat.name)
        for result in once.run([drills.load(repeat.drill)]):
            if result.interrupted:
                return False, []
            write_atomically(path, json.dumps(result.to_json()))
    outcomes = [json.loads(path.read_text()) for path in sorted(folder.glob("*.json"))]
    absent = [r.name for r in planned(FULL, []) if not (folder / f"{r.name}.json").exists()]
    write_evidence(
        output, COMMAND, {**summarise(outcomes), "not_run": absent}, dict(suite.versions)
    )
    return True, [text for outcome in outcomes if (text := surprise(outcome))]


def surprise(outcome: dict[str, Any]) -> str | None:
    """What is wrong with an outcome: a drill must pass, a control must fail for its one reason."""
    expected = outcome["must_fail"]
    if expected is None:
        ok = outcome["verdict"] == "passed"
    else:
        ok = outcome["verdict"] == "failed" and outcome["failings"] == [expected]
    return None if ok else f"{outcome['drill']}: {outcome['verdict']}: {outcome['reason']}"


def summarise(outcomes: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """Every outcome, and per drill the distribution of its outages."""
    names = list(dict.fromkeys(outcome["drill"] for outcome in outcomes))
    return {
        "acknowledged": sum(o["client"]["acknowledged"] for o in outcomes),
        "lost": _total(outcomes, "lost"),
        "duplicated": _total(outcomes, "duplicated"),
        "settings": outcomes[0]["settings"] if outcomes else {},
        "drills": {
            name: _distribution([o for o in outcomes if o["drill"] == name]) for name in names
        },
        "outcomes": [
            {key: value for key, value in outcome.items() if key not in SAME_FOR_ALL}
            for outcome in outcomes
        ],
    }


def _total(outcomes: Iterable[dict[str, Any]], key: str) -> int | None:
    """None as soon as one drill could not be read back: then nobody knows."""
    counts = [outcome["client"][key] for outcome in outcomes]
    return None if None in counts else sum(counts)


def _distribution(outcomes: Sequence[dict[str, Any]]) -> dict[str, Any]:
    outages = sorted(o["outage_seconds"] for o in outcomes if o["outage_seconds"] is not None)
    restored = [o["redundancy_restored_seconds"] for o in outcomes]
    return {
        "repeats": len(outcomes),
        "verdicts": {
            verdict: sum(o["verdict"] == verdict for o in outcomes)
            for verdict in sorted({o["verdict"] for o in outcomes})
        },
        "objective_seconds": outcomes[0]["objective_seconds"],
        "outage_seconds": outages,
        "outage_p50": quantile(outages, 0.5) if outages else None,
        "outage_max": outages[-1] if outages else None,
        "redundancy_restored_max": max((r for r in restored if r is not None), default=None),
        "acknowledged": sum(o["client"]["acknowledged"] for o in outcomes),
        "crews": _crews([outcome.get("crews", {}) for outcome in outcomes]),
        "unfinished_max": max(o["unfinished_after_fault"] for o in outcomes),
    }


def _crews(told: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """What each client saw in all repeats in which it worked."""
    names = dict.fromkeys(name for crews in told for name in crews)
    return {name: total(crews[name] for crews in told if name in crews) for name in names}
