"""The comment, put together."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import chain

from tools.pull_request.changes import Change
from tools.pull_request.markdown import bounded, code

LIMIT = 65_536
"""Bytes; GitHub refuses longer comments."""
CUT = "\n*Cut here: the rest is in the workflow's log.*\n"
_ORDER = {"delete": 0, "replace": 1, "update": 2, "create": 3}


@dataclass(frozen=True)
class Section:
    """One environment.

    Attributes:
        stack: Its name.
        changes: What would change.
        cost: Lines of Markdown about its cost.
        policies: Lines of Markdown about the rules.
    """

    stack: str
    changes: Sequence[Change]
    cost: Sequence[str]
    policies: Sequence[str]


def comment(sections: Sequence[Section]) -> str:
    """Return the comment: the marker by which it is found again, what may lose data, all else."""
    marker = f"<!-- mlflow-ha preview: {' '.join(one.stack for one in sections)} -->"
    lines = [marker, *_alarm(sections), *chain.from_iterable(map(_section, sections))]
    return bounded("\n".join(lines) + "\n", LIMIT, CUT)


def _alarm(sections: Sequence[Section]) -> list[str]:
    lost = [(one.stack, change) for one in sections for change in one.changes if change.loses_state]
    if not lost:
        return []
    return [
        "> [!CAUTION]",
        "> **DATA MAY BE LOST: what holds state would be deleted or replaced.**",
        *(
            f"> - **{change.operation.upper()}** {code(change.name)} {code(change.type)} in {code(stack)}"
            for stack, change in lost
        ),
        "",
    ]


def _section(one: Section) -> list[str]:
    return [
        f"## {code(one.stack)}",
        "",
        "**Policies.** " + one.policies[0],
        *one.policies[1:],
        "",
        "**Cost.** " + one.cost[0],
        *one.cost[1:],
        "",
        *_diff(one.changes),
        "",
    ]


def _diff(changes: Sequence[Change]) -> list[str]:
    if not changes:
        return ["**Changes.** None."]
    counted = Counter(change.operation for change in changes)
    told = ", ".join(f"{number} {code(operation)}" for operation, number in counted.items())
    ordered = sorted(
        changes, key=lambda change: (not change.loses_state, _ORDER.get(change.operation, 9))
    )
    return [
        f"**Changes.** {told}.",
        "",
        "| | resource | type | properties |",
        "|---|---|---|---|",
        *(
            f"| {code(change.operation)} | {code(change.name)} | {code(change.type)} | "
            f"{code(', '.join(change.properties)) if change.properties else ''} |"
            for change in ordered
        ),
    ]
