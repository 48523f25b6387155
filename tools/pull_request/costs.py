"""What a pull request changes in an environment's cost."""

from __future__ import annotations

from collections import defaultdict
from decimal import Decimal
from pathlib import Path

from settings import Settings, SettingsError, load
from tools.cost.bill import Bill, fewest, most
from tools.cost.prices import PriceError
from tools.pull_request.markdown import code


def cost_section(stack: str, head: Path, base: Path) -> list[str]:
    """Return the change of cost, line by line, at the prices of the head.

    Args:
        stack: The environment.
        head: The folder stacks/ as proposed.
        base: The one it is to be merged into; it may lack the environment.
    """
    try:
        after = load(stack, stacks=head)
        least, dearest = fewest(after), most(after)
    except (SettingsError, PriceError) as mistake:
        return [f"The cost is not known: {code(str(mistake))}"]
    before = _before(stack, base)
    if before is None:
        return [f"New, or not priced before: **${least.total:.2f}** a month ({_most(dearest)})."]
    old = fewest(before)
    rows = _rows(old, least)
    head_line = (
        f"**${old.total:.2f} → ${least.total:.2f}** a month "
        f"({least.total - old.total:+.2f}; {_most(dearest)})."
    )
    if not rows:
        return [
            head_line if old.total != least.total else f"Unchanged: ${least.total:.2f} a month."
        ]
    return [head_line, "", "| for | before | after | change |", "|---|---|---|---|", *rows]


def _before(stack: str, base: Path) -> Settings | None:
    try:
        settings = load(stack, stacks=base)
        fewest(settings)
    except (SettingsError, PriceError):
        return None
    return settings


def _most(bill: Bill) -> str:
    return f"${bill.total:.2f} with {bill.tasks} tasks all the time"


def _rows(before: Bill, after: Bill) -> list[str]:
    old, new = _by_name(before), _by_name(after)
    return [
        f"| {code(name)} | {old[name]:.2f} | {new[name]:.2f} | {new[name] - old[name]:+.2f} |"
        for name in dict.fromkeys((*old, *new))
        if old[name] != new[name]
    ]


def _by_name(bill: Bill) -> defaultdict[str, Decimal]:
    found: defaultdict[str, Decimal] = defaultdict(Decimal)
    for line in bill.lines:
        found[line.what] += line.usd
    return found
