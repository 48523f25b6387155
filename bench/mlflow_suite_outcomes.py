"""What a run of tests came to, and where two runs differ. Pure, but for reading the file."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bench.mlflow_suite_plugin import NODE, THROUGH

_LONGEST = 300
BY_DESIGN = {
    "tests/tracking/_tracking_service/test_utils.py::test_get_store_basic_rest_store": (
        "MLflow's telemetry calls every scheme that a plugin serves `custom_scheme`, and this test "
        "expects `https`. The store itself is as the test wants it."
    ),
}
"""Tests that fail with any plugin for http, whatever it does; each with the reason."""


@dataclass(frozen=True)
class Outcome:
    """Of one test.

    Attributes:
        result: passed, failed or skipped; an error before or after a test is a failure.
        why: The first words of a failure.
        through: Calls that went through mlflow_ha.
    """

    result: str
    why: str = ""
    through: int = 0


def read(report: Path) -> dict[str, Outcome]:
    """Return the outcomes in a JUnit report, by what pytest calls each test.

    Args:
        report: As pytest writes it, with the properties of mlflow_suite_plugin.py.
    """
    found: dict[str, Outcome] = {}
    for case in ET.parse(report).iter("testcase"):  # noqa: S314  (pytest wrote it just now)
        told = {item.get("name"): item.get("value", "") for item in case.iter("property")}
        name = told.get(NODE) or f"{case.get('classname')}::{case.get('name')}"
        outcome = _outcome(case, int(told.get(THROUGH, 0)))
        # A test that passed and whose fixture then failed is told twice.
        if name not in found or outcome.result == "failed":
            found[name] = outcome
    return found


def _outcome(case: ET.Element, through: int) -> Outcome:
    for child in case:
        if child.tag in ("failure", "error"):
            return Outcome("failed", " ".join(child.get("message", "").split())[:_LONGEST], through)
        if child.tag == "skipped":
            return Outcome("skipped", through=through)
    return Outcome("passed", through=through)


def compared(stock: Mapping[str, Outcome], ours: Mapping[str, Outcome]) -> dict[str, Any]:
    """Return counts, and every test whose outcome differs or that only one side ran.

    Args:
        stock: Without the client.
        ours: With it.
    """
    nothing = Outcome("not run")
    differing = [
        {"test": name, "stock": left.result, "ours": right.result, "why": right.why or left.why}
        for name in sorted({*stock, *ours})
        if (left := stock.get(name, nothing)).result != (right := ours.get(name, nothing)).result
    ]
    failing = [row["test"] for row in differing if row["stock"] == "passed"]
    return {
        "stock": dict(Counter(outcome.result for outcome in stock.values())),
        "ours": dict(Counter(outcome.result for outcome in ours.values())),
        "through_the_client": {
            "tests": sum(1 for outcome in ours.values() if outcome.through),
            "passed": sum(1 for one in ours.values() if one.through and one.result == "passed"),
            "calls": sum(outcome.through for outcome in ours.values()),
        },
        "stock_failures": {
            name: outcome.why for name, outcome in stock.items() if outcome.result == "failed"
        },
        "differing": differing,
        "fails_by_design": {name: BY_DESIGN[name] for name in failing if name in BY_DESIGN},
        "fails_where_stock_passes": [name for name in failing if name not in BY_DESIGN],
    }
