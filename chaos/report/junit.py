"""A suite as JUnit XML, which every CI shows."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

_NOT_IN_XML = re.compile(r"[^\t\n\r\x20-\uD7FF\uE000-\uFFFD\U00010000-\U0010FFFF]")
_FIGURES = ("objective_seconds", "outage_seconds", "redundancy_restored_seconds")


def junit(entries: Sequence[tuple[str, Mapping[str, Any]]]) -> str:
    """Return the document.

    A control that fails by what it must fail by is a success here; one that does not is a failure.

    Args:
        entries: For each drill its name in this suite, and its result as JSON.
    """
    suite = ET.Element("testsuite", name="drills")
    for name, result in entries:
        suite.append(_case(name, result))
    seconds = sum(_duration(result) for _, result in entries)
    suite.set("tests", str(len(entries)))
    suite.set("failures", str(len(suite.findall("testcase/failure"))))
    suite.set("skipped", str(len(suite.findall("testcase/skipped"))))
    suite.set("errors", "0")
    suite.set("time", f"{seconds:.1f}")
    document = ET.Element("testsuites")
    document.append(suite)
    ET.indent(document)
    return ET.tostring(document, encoding="unicode", xml_declaration=True) + "\n"


def unexpected(result: Mapping[str, Any]) -> str | None:
    """Why a drill did not come out as it should, or None."""
    if result["verdict"] == "skipped":
        return None
    wanted = result["must_fail"]
    if wanted is None:
        return str(result["reason"]) if result["verdict"] == "failed" else None
    if result["failings"] == [wanted]:
        return None
    return f"this control must fail by {wanted} alone, and {result['verdict']}: {result['reason']}"


def _case(name: str, result: Mapping[str, Any]) -> ET.Element:
    case = ET.Element(
        "testcase",
        classname=f"drills.{result['target']}",
        name=name,
        time=f"{_duration(result):.1f}",
    )
    properties = ET.SubElement(case, "properties")
    for figure in _FIGURES:
        if result[figure] is not None:
            ET.SubElement(properties, "property", name=figure, value=str(result[figure]))
    if result["verdict"] == "skipped":
        ET.SubElement(case, "skipped", message=_clean(result["reason"]))
    elif why := unexpected(result):
        failure = ET.SubElement(case, "failure", message=_clean(why))
        failure.text = _clean(
            "\n".join(
                f"{each['at']} {each['event']} {each['detail']}" for each in result["timeline"]
            )
        )
    return case


def _duration(result: Mapping[str, Any]) -> float:
    """Seconds from the first mark to the last."""
    marks = [datetime.fromisoformat(each["at"]) for each in result["timeline"]]
    return (max(marks) - min(marks)).total_seconds() if marks else 0.0


def _clean(text: str) -> str:
    return _NOT_IN_XML.sub("\N{REPLACEMENT CHARACTER}", text)
