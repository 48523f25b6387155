"""Write docs/guides/cost.md: `python -m tools.cost.guide`."""

from __future__ import annotations

from pathlib import Path

from settings import load
from tools.cost.bill import fewest, most
from tools.cost.text import markdown

TARGET = Path(__file__).parents[2] / "docs" / "guides" / "cost.md"
ENVIRONMENTS = ("prod", "prod-dr", "staging", "dev")
HEAD = """# What it costs

<!-- Written by `python -m tools.cost.guide`; a test holds it up to date. -->

Each table is one of the example environments for a month of 730 hours, in USD, at list prices without tax or
a free tier. `make cost STACK=prod` prints the same for yours. The number of tasks is what autoscaling moves
between; the last column but one assumes the most of them, all month.

Quantities come from the settings: what is built from its stack file, what it is assumed to do from `aws.load`
there. Where settings are silent, `tools/cost/quantities.py` assumes something and says what. Prices are in
`tools/cost/prices.yaml`, each with the page on which AWS publishes it. In the last column, `published` was
compared with a text that quotes that page, and `remembered` was not compared, or is derived: look it up before you
rely on it. Copies in the second region are paid for in the environment that sends them, at its region's price.

No bill of AWS has been compared with these tables.
"""


def guide() -> str:
    """Return the whole guide."""
    parts = [HEAD]
    for environment in ENVIRONMENTS:
        settings = load(environment)
        parts.append(f"## {environment}\n\n{markdown(fewest(settings), most(settings))}\n")
    return "\n".join(parts)


if __name__ == "__main__":
    TARGET.write_text(guide(), encoding="utf-8")
