"""Two runs of MLflow's tests are compared by name; a checkout that is none is refused with a remedy.

That tests are led to a cluster is seen when the measurement is made; it needs one, and their source.
"""

from pathlib import Path

import pytest
from mlflow.tracking._tracking_service.utils import (
    _get_tracking_scheme_with_resolved_uri,
    _tracking_store_registry,
)
from typer.testing import CliRunner

from bench import __main__ as bench
from bench.mlflow_suite_outcomes import BY_DESIGN, Outcome, compared, read

REPORT = """<testsuites><testsuite name="pytest">
<testcase classname="tests.a" name="test_passes">
  <properties><property name="node" value="tests/a.py::test_passes"/>
  <property name="calls_through_mlflow_ha" value="3"/></properties></testcase>
<testcase classname="tests.a" name="test_fails"><failure message="assert 1&#10;  == 2">…</failure></testcase>
<testcase classname="tests.a" name="test_is_skipped"><skipped message="no"/></testcase>
<testcase classname="tests.a" name="test_cannot_begin"><error message="no server">…</error></testcase>
<testcase classname="tests.a" name="test_cannot_end"/>
<testcase classname="tests.a" name="test_cannot_end"><error message="still runs">…</error></testcase>
</testsuite></testsuites>"""


@pytest.fixture
def outcomes(tmp_path: Path) -> dict[str, Outcome]:
    report = tmp_path / "report.xml"
    report.write_text(REPORT, encoding="utf-8")
    return read(report)


def test_a_report_is_read_test_by_test(outcomes: dict[str, Outcome]) -> None:
    assert outcomes == {
        "tests/a.py::test_passes": Outcome("passed", through=3),
        "tests.a::test_fails": Outcome("failed", "assert 1 == 2"),
        "tests.a::test_is_skipped": Outcome("skipped"),
        "tests.a::test_cannot_begin": Outcome("failed", "no server"),
        "tests.a::test_cannot_end": Outcome("failed", "still runs"),
    }


def test_runs_that_are_the_same_differ_nowhere(outcomes: dict[str, Outcome]) -> None:
    found = compared(outcomes, outcomes)
    assert found["differing"] == []
    assert found["fails_where_stock_passes"] == []
    assert found["stock"] == {"passed": 1, "failed": 3, "skipped": 1}
    assert found["through_the_client"] == {"tests": 1, "passed": 1, "calls": 3}
    assert found["stock_failures"]["tests.a::test_fails"] == "assert 1 == 2"


@pytest.mark.parametrize("instead", [Outcome("failed", "boom"), Outcome("skipped"), None])
def test_whatever_is_not_passed_any_more_is_named(
    outcomes: dict[str, Outcome], instead: Outcome | None
) -> None:
    name = "tests/a.py::test_passes"
    ours = {key: outcome for key, outcome in outcomes.items() if key != name}
    if instead:
        ours[name] = instead
    found = compared(outcomes, ours)
    assert found["fails_where_stock_passes"] == [name]
    (row,) = found["differing"]
    assert (row["stock"], row["ours"]) == ("passed", instead.result if instead else "not run")


def test_what_passes_only_with_the_client_differs_but_does_not_count_against_it(
    outcomes: dict[str, Outcome],
) -> None:
    better = {**outcomes, "tests.a::test_fails": Outcome("passed")}
    found = compared(outcomes, better)
    assert [row["test"] for row in found["differing"]] == ["tests.a::test_fails"]
    assert found["fails_where_stock_passes"] == []


@pytest.mark.parametrize("name", BY_DESIGN)
def test_what_no_plugin_can_pass_is_told_apart_with_its_reason(name: str) -> None:
    found = compared({name: Outcome("passed")}, {name: Outcome("failed", "custom_scheme")})
    assert found["fails_where_stock_passes"] == []
    assert found["fails_by_design"] == {name: BY_DESIGN[name]}
    assert [row["test"] for row in found["differing"]] == [name]


def test_mlflow_calls_the_scheme_of_any_plugin_a_custom_one(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    schemes = _tracking_store_registry._registry
    ask = _get_tracking_scheme_with_resolved_uri.__wrapped__  # it remembers what it said
    assert ask("https://mlflow.example") == "https"
    monkeypatch.setitem(schemes, "https", lambda *_: schemes)
    assert ask("https://mlflow.example") == "custom_scheme"


def test_a_folder_that_is_no_checkout_is_refused_with_the_command_that_makes_one(
    tmp_path: Path,
) -> None:
    refused = CliRunner().invoke(bench.app, ["mlflow-suite", "--source", str(tmp_path)])
    assert refused.exit_code == 1
    assert "there is no tests/tracking/test_rest_tracking.py" in refused.output
    assert "git clone --depth 1 --branch v3." in refused.output
