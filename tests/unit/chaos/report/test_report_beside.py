"""The JSON and the JUnit XML beside a suite's pages say what the pages say."""

from __future__ import annotations

import json
import xml.etree.ElementTree as ET
from pathlib import Path
from typing import Any

import pytest

from chaos.report.junit import junit, unexpected
from chaos.report.page import write_index
from tests.unit.chaos.report.sample import outcome

CONTROL = {"must_fail": "objective_missed", "verdict": "failed", "reason": "outage 9.0 s"}


def parsed(*results: dict[str, Any]) -> ET.Element:
    document = ET.fromstring(junit([(each["drill"], each) for each in results]))  # noqa: S314  our own
    suite = document.find("testsuite")
    assert suite is not None
    return suite


def test_each_drill_is_a_case_with_its_figures() -> None:
    suite = parsed(outcome(), outcome("zone-stop", target="aws", outage_seconds=None))
    assert suite.attrib == {
        "name": "drills",
        "tests": "2",
        "failures": "0",
        "skipped": "0",
        "errors": "0",
        "time": "81.0",
    }
    first, second = suite.findall("testcase")
    assert first.attrib == {"classname": "drills.local", "name": "primary-crash", "time": "40.5"}
    figures = {each.get("name"): each.get("value") for each in first.iter("property")}
    assert figures == {
        "objective_seconds": "6.0",
        "outage_seconds": "2.5",
        "redundancy_restored_seconds": "11.25",
    }
    assert "outage_seconds" not in {each.get("name") for each in second.iter("property")}


def test_a_failed_drill_is_a_failure_with_its_reason_and_its_story() -> None:
    suite = parsed(outcome(verdict="failed", reason="lost 1 write (w1-7): acknowledged, and gone"))
    failure = suite.find("testcase/failure")
    assert suite.get("failures") == "1"
    assert failure is not None
    assert failure.get("message") == "lost 1 write (w1-7): acknowledged, and gone"
    assert "03:04:45.500Z read back 500 found" in str(failure.text)


def test_a_skipped_drill_says_why() -> None:
    suite = parsed(outcome(verdict="skipped", reason="needs root", timeline=[]))
    skipped = suite.find("testcase/skipped")
    assert (suite.get("skipped"), suite.get("time")) == ("1", "0.0")
    assert skipped is not None
    assert skipped.get("message") == "needs root"


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({**CONTROL, "failings": ["objective_missed"]}, None),
        ({**CONTROL, "failings": ["lost", "objective_missed"]}, "by objective_missed alone"),
        ({**CONTROL, "failings": [], "verdict": "passed"}, "and passed"),
        ({**CONTROL, "failings": [], "verdict": "skipped"}, None),
    ],
)
def test_a_control_succeeds_only_by_failing_for_its_own_reason(
    changes: dict[str, Any], told: str | None
) -> None:
    found = unexpected(outcome("negative-control", **changes))
    assert found is None if told is None else told in str(found)


def test_what_a_server_said_cannot_break_the_document() -> None:
    suite = parsed(outcome(verdict="failed", reason='503 \x00\x1b[31m<&"\ud800'))
    failure = suite.find("testcase/failure")
    assert failure is not None
    assert failure.get("message") == '503 \ufffd\ufffd[31m<&"\ufffd'


def test_the_index_the_json_and_the_xml_are_written_together(tmp_path: Path) -> None:
    entries = [
        ("primary-crash-01", outcome()),
        ("primary-crash-02", outcome(verdict="failed", reason="outage 9.0 s, allowed are 6 s")),
    ]
    write_index(entries, tmp_path)
    assert json.loads((tmp_path / "results.json").read_text()) == [each for _, each in entries]
    assert 'name="primary-crash-02"' in (tmp_path / "junit.xml").read_text()
    page = (tmp_path / "index.html").read_text()
    assert 'href="primary-crash-02/index.html"' in page
    assert "Not as it should be" in page
    write_index(entries[:1], tmp_path)
    assert "Not as it should be" not in (tmp_path / "index.html").read_text()
