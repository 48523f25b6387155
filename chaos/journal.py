"""What Chaos Toolkit's journal says went wrong. Pure.

chaoslib calls a run `completed` although an action failed or a hypothesis has no probe that held
(1.44.0), so its own status is not enough: every activity is looked at.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

Journal = Mapping[str, Any]


def mishaps(journal: Journal) -> list[str]:
    """Everything that keeps the run from proving something, a phrase each, in order."""
    found = [*_of_hypothesis(journal, "before")]
    found += _of_activities(journal.get("run") or [])
    if journal.get("status") == "interrupted":
        found.append("interrupted before its end")
    found += _of_hypothesis(journal, "after")
    found += [f"healing: {text}" for text in _of_activities(journal.get("rollbacks") or [])]
    return list(dict.fromkeys(found))


def _of_hypothesis(journal: Journal, when: str) -> Iterator[str]:
    state = (journal.get("steady_states") or {}).get(when)
    if not state or state.get("steady_state_met"):
        return
    probe = state["probes"][-1]
    name = probe["activity"]["name"]
    if probe["status"] == "succeeded":
        said = f"{name} said {probe['output']!r}, not {probe['activity']['tolerance']!r}"
    else:
        said = f"{name}: {_cause(probe)}"
    yield f"no steady state {when} the fault: {said}"


def _of_activities(runs: list[Any]) -> Iterator[str]:
    for run in runs:
        if run.get("status") == "failed":
            yield f"{run['activity']['name']}: {_cause(run)}"


def _cause(run: Mapping[str, Any]) -> str:
    lines = "".join(run.get("exception") or ["failed without a word"]).strip().splitlines()
    text = lines[-1]
    for prefix in ("chaoslib.exceptions.ActivityFailed: ", "chaos."):
        text = text.removeprefix(prefix)
    kind, colon, rest = text.partition(": ")
    return rest if colon and " " not in kind else text
