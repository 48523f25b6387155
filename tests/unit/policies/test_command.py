"""`python -m policies` prints resource, rule and remedy, and says plainly what it cannot read."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.unit.policies.graphs import TAGS, made

ROOT = Path(__file__).parents[3]
RIGHT = made("aws:kms/key:Key", protect=True, enableKeyRotation=True, tags=TAGS)
WRONG = RIGHT.model_copy(update={"inputs": {"tags": TAGS}})


def asked(path: Path, *options: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "policies", str(path), *options],
        capture_output=True,
        text=True,
        check=False,
        cwd=ROOT,
        timeout=60,
    )


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "graph.json"


def test_a_graph_without_violations_ends_with_0(file: Path) -> None:
    file.write_text(f"[{RIGHT.model_dump_json()}]")
    done = asked(file)
    assert (done.returncode, done.stdout) == (0, "0 violations among 1 resources\n")


def test_a_violation_is_told_and_ends_with_1(file: Path) -> None:
    file.write_text(f"[{WRONG.model_dump_json()}]")
    done = asked(file)
    assert done.returncode == 1
    assert done.stdout.splitlines()[0] == (
        "it (aws:kms/key:Key): enableKeyRotation None. Set it to true  [keys-are-renewed]"
    )


def test_tools_get_json(file: Path) -> None:
    file.write_text(f"[{WRONG.model_dump_json()}]")
    (found,) = json.loads(asked(file, "--json").stdout)
    assert found["rule"] == "keys-are-renewed"
    assert found["urn"] == WRONG.urn


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (None, "does not exist. Make it: make graph STACK=prod"),
        ("{", "is not a graph"),
        ('[{"type": "x"}]', "is not a graph, 2 mistakes, the first: Field required"),
        ("[]", "the graph is empty"),
        (f"[{RIGHT.model_dump_json()}]".replace(":prod:", ":nowhere:"), "'nowhere'"),
    ],
)
def test_what_cannot_be_read_is_said_without_a_trace(
    file: Path, text: str | None, told: str
) -> None:
    if text is not None:
        file.write_text(text)
    done = asked(file)
    assert done.returncode == 2
    assert told in done.stderr
    assert "Traceback" not in done.stderr
