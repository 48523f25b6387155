"""Bills as text, as JSON and as a table."""

from __future__ import annotations

import json

from tools.cost.bill import Bill


def _last_lines(least: Bill, most: Bill) -> list[str]:
    return [
        f"with {most.tasks} tasks all the time: ${most.total:.2f} per month",
        f"total: ${least.total:.2f} per month",
    ]


def text(least: Bill, most: Bill) -> str:
    """Return the lines of the cheaper bill, and both totals last."""
    width = max(len(line.what) for line in least.lines)
    rows = [
        f"{line.what:<{width}}  {line.quantity:>12.2f} x {line.price.usd} / {line.price.unit}"
        f" = ${line.usd:.2f}"
        for line in least.lines
    ]
    head = f"{least.environment} in {least.region}, {least.tasks} tasks, USD a month"
    return "\n".join([head, *rows, *_last_lines(least, most)])


def markdown(least: Bill, most: Bill) -> str:
    """Return a table with a column for the fewest and one for the most tasks, and both totals."""
    dearest = [line.usd for line in most.lines]
    names = [line.what.replace(f"({least.tasks})", "").replace(" :", ":") for line in least.lines]
    rows = [
        f"| {name} | {line.quantity:.2f} | {line.price.unit} | {line.price.usd} | {line.usd:.2f} "
        f"| {usd:.2f} | {line.price.confidence[least.region]} |"
        for name, line, usd in zip(names, least.lines, dearest, strict=True)
    ]
    head = [
        f"| for | quantity | unit | USD each | {least.tasks} tasks | {most.tasks} tasks | price |",
        "|---|---|---|---|---|---|---|",
    ]
    total = f"| **total** | | | | **{least.total:.2f}** | **{most.total:.2f}** | |"
    return "\n".join([*head, *rows, total, "", "<br>\n".join(_last_lines(least, most))])


def as_json(least: Bill, most: Bill) -> str:
    """Return both bills as JSON; the last line tells the total nevertheless by its own key."""
    return json.dumps({"fewest": _data(least), "most": _data(most)}, indent=2)


def _data(bill: Bill) -> dict[str, object]:
    return {
        "environment": bill.environment,
        "region": bill.region,
        "tasks": bill.tasks,
        "total_usd": str(bill.total),
        "lines": [
            {
                "what": line.what,
                "quantity": str(line.quantity),
                "usd": str(line.usd),
                "price": line.price.model_dump(mode="json"),
            }
            for line in bill.lines
        ],
    }
