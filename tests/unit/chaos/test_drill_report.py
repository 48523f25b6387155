"""Proves the arithmetic of the plot: scales, phases, dots. How it looks is for eyes."""

from __future__ import annotations

import itertools
import xml.etree.ElementTree as ET

from hypothesis import given
from hypothesis import strategies as st

from chaos.ledger.operation import Operation, Outcome
from chaos.ledger.outage import Gap
from chaos.report.phases import phases
from chaos.report.plot import plot
from chaos.report.scale import Linear, Logarithmic, round_step
from chaos.timeline import BASELINE, INJECTED, REDUNDANCY, Mark

MARKS = [Mark(10, BASELINE), Mark(20, INJECTED, "<db-1>"), Mark(60, REDUNDANCY)]


@given(st.floats(1e-6, 1e9))
def test_steps_are_round_and_just_large_enough(least: float) -> None:
    step = round_step(least)
    assert least * (1 - 1e-6) <= step <= least * 5
    assert f"{step:e}"[0] in "125"


def test_ticks_lie_on_the_axis() -> None:
    axis = Linear(-7.2, 93, 0, 1000)
    assert all(axis.low <= tick <= axis.high for tick in axis.ticks())
    assert 0 in axis.ticks()
    assert [round(t, 6) for t in Logarithmic(0.01, 12, 0, 1).ticks()] == [0.01, 0.1, 1, 10]


def test_phases_follow_each_other_without_a_hole() -> None:
    found = phases(MARKS, Gap(21, 24), 70)
    assert [p.name for p in found] == ["baseline", "degraded", "outage", "degraded", "restored"]
    assert all(a.ended == b.began for a, b in itertools.pairwise(found))
    assert (found[0].began, found[-1].ended) == (10, 70)


def test_a_drill_without_a_fault_has_only_its_baseline() -> None:
    assert [p.name for p in phases(MARKS[:1], None, 30)] == ["baseline"]
    assert phases([], None, 30) == []


def test_each_write_is_a_dot_of_its_outcome() -> None:
    writes = [
        Operation(str(n), "create_run", 0, n, n + 0.05, 0.0, outcome)
        for n, outcome in enumerate([*Outcome, Outcome.FAILED])
    ]
    svg = plot(writes, MARKS, phases(MARKS, Gap(21, 24), 70), zero=20)
    drawn = ET.fromstring(svg)  # noqa: S314  our own text
    dots = {
        path.get("class", "").removeprefix("dots "): path.get("d", "").count("M")
        for path in drawn.iter("path")
        if path.get("class", "").startswith("dots")
    }
    assert dots == {"acknowledged": 1, "failed": 2, "indeterminate": 1}


def test_a_drill_without_writes_has_no_plot() -> None:
    assert plot([], [], [], zero=0) == ""
