"""Procedures can be pasted: every page has its sections, its commands exist, and a test runs it.

That following one ends the situation is proven in tests/cluster/runbooks.
"""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import botocore.session
import pytest
from botocore import xform_name
from botocore.model import ServiceModel

from tests.cluster.runbooks.pages import FOLDER, INTRODUCTION, MARK, ROOT, executed
from tests.unit.observability.test_runbooks import (
    INTRODUCTION as ON_AWS,
)
from tests.unit.observability.test_runbooks import (
    NOT_IN_THE_API,
    OF_THE_CLI,
    SERVICES,
    blocks,
    calls,
    variables,
)

PAGES = sorted(path for path in FOLDER.glob("*.md") if path != INTRODUCTION)
SECTIONS = ["Meaning", "Impact", "Diagnosis", "Mitigation", "Verification"]
NOTHING_TO_RUN = {
    "RegionLoss": "nothing on this page runs there",
    "ScaleUp": "No test runs this",
}
"""Pages without an executed block, and the words in which they say so."""
WAITERS = {"wait"}
"""`aws rds wait …` is the CLI's own, not an operation."""


def name(path: Path) -> str:
    return path.stem


@pytest.mark.parametrize("path", PAGES, ids=name)
def test_a_page_answers_five_questions(path: Path) -> None:
    parts = re.split(r"^## (.*)$", path.read_text(), flags=re.MULTILINE)
    assert parts[1::2] == SECTIONS
    assert all(text.strip() for text in parts[2::2])


@pytest.mark.parametrize("path", PAGES, ids=name)
def test_both_targets_are_spoken_of(path: Path) -> None:
    text = path.read_text()
    assert "ocal cluster" in text
    assert "AWS" in text


@pytest.mark.parametrize("path", PAGES, ids=name)
def test_the_local_mitigation_is_run_by_a_test_or_the_page_says_that_it_is_not(path: Path) -> None:
    tests = (ROOT / "tests" / "cluster" / "runbooks" / "test_procedures.py").read_text()
    if path.stem in NOTHING_TO_RUN:
        assert NOTHING_TO_RUN[path.stem] in path.read_text()
        assert not executed(path.stem, "Mitigation")
        return
    assert executed(path.stem, "Mitigation")
    assert executed(path.stem, "Verification")
    assert f'"{path.stem}"' in tests


@pytest.mark.parametrize("path", PAGES, ids=name)
def test_no_command_for_the_local_cluster_escapes_its_test(path: Path) -> None:
    """Outside Diagnosis, a block without the mark may only ask or change AWS."""
    for heading in ("Mitigation", "Verification"):
        text = re.split(rf"^## {heading}$", path.read_text(), flags=re.MULTILINE)[1]
        text = re.split(r"^## ", text, flags=re.MULTILINE)[0]
        unmarked = re.sub(f"{MARK}```bash\n.*?^```", "", text, flags=re.MULTILINE | re.DOTALL)
        for block in blocks(unmarked):
            assert "aws " in block, block
            local = r"^\s*(cluster|patroni|service|settled|writable|curl|on)\b"
            assert not re.search(local, block, re.MULTILINE), block


def test_the_introduction_lists_every_page() -> None:
    listed = re.findall(r"\]\((\w+)\.md\) \|$", INTRODUCTION.read_text(), re.MULTILINE)
    assert sorted(listed) == [path.stem for path in PAGES]


@pytest.mark.parametrize("path", [INTRODUCTION, *PAGES], ids=name)
def test_bash_understands_every_block(path: Path) -> None:
    for block in blocks(path.read_text()):
        read = subprocess.run(
            ["bash", "-n"], input=block, capture_output=True, text=True, check=False
        )
        assert read.returncode == 0, read.stderr


@pytest.mark.parametrize("path", PAGES, ids=name)
def test_every_variable_is_set_before_it_is_used_or_the_page_asks_for_it(path: Path) -> None:
    text = path.read_text()
    known = variables(text) | variables(ON_AWS.read_text()) | variables(INTRODUCTION.read_text())
    asked_for = set(re.findall(r"[Ss]et `([A-Z]+)`", text))
    by_env = {"MLFLOW_TRACKING_URI", "MLFLOW_TRACKING_USERNAME", "MLFLOW_TRACKING_PASSWORD"}
    for block in blocks(text):
        used = set(re.findall(r"\$\{?([A-Z][A-Z_]+)", block))
        assert used <= known | asked_for | by_env, used - known - asked_for - by_env


@pytest.mark.parametrize("path", PAGES, ids=name)
def test_every_aws_command_exists_with_its_options(path: Path) -> None:
    session = botocore.session.Session()
    for service, operation, *rest in calls(path.read_text()):
        if (service, operation) in NOT_IN_THE_API or operation in WAITERS:
            continue
        model = ServiceModel(session.get_service_data(SERVICES.get(service, service)))
        known = {xform_name(each, "-"): each for each in model.operation_names}
        assert operation in known, f"aws {service} {operation}"
        shape = model.operation_model(known[operation]).input_shape
        assert shape is not None
        options = {xform_name(each, "-") for each in shape.members}
        given = {word.removeprefix("--") for word in rest if word.startswith("--")}
        assert given <= options | OF_THE_CLI, f"aws {service} {operation}: {given - options}"
        required = {xform_name(each, "-") for each in shape.required_members}
        assert required <= given, f"aws {service} {operation} needs {required - given}"
