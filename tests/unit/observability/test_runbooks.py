"""Every alarm leads to a page, every page belongs to one, and its commands can be pasted."""

import re
import shlex
import subprocess
from collections import defaultdict
from pathlib import Path

import botocore.session
import pytest
from botocore import xform_name
from botocore.model import ServiceModel

from observability import deployment
from observability.alarm import Alarm, BurnAlarm
from tests.unit.observability.environments import every_catalogue

FOLDER = Path(__file__).parents[3] / "runbooks"
INTRODUCTION = FOLDER / "README.md"
PAGES = {path.stem: path.read_text() for path in FOLDER.glob("*.md") if path != INTRODUCTION}
SECTIONS = ["Meaning", "Impact", "Diagnosis", "Mitigation", "Over when"]
LONGEST = 110
"""Words: who was woken reads no more."""
OF_THE_CLI = {"query", "output", "region", "max-items"}
SERVICES = {"s3api": "s3"}
NOT_IN_THE_API = {("logs", "tail"), ("s3", "ls")}
SAFE = re.compile(r"^(describe|list|get|receive|tail|ls)\b")


def told() -> dict[str, set[str]]:
    """Severities by the page that somebody is led to."""
    found: defaultdict[str, set[str]] = defaultdict(set)
    found[deployment.ALARM.page].add(deployment.ALARM.severity)
    for each in every_catalogue().values():
        ringing: tuple[Alarm | BurnAlarm, ...] = (*each.alarms, *each.burns)
        for alarm in ringing:
            found[alarm.page].add(alarm.severity)
        for notice in each.notices:
            found[notice.page].add("notice")
    return found


def blocks(text: str) -> list[str]:
    return re.findall(r"^```bash\n(.*?)^```", text, re.MULTILINE | re.DOTALL)


def commands(text: str) -> list[str]:
    whole = "\n".join(blocks(text)).replace("\\\n", " ")
    return [line.strip() for line in whole.splitlines() if line.strip()]


def functions() -> set[str]:
    return set(re.findall(r"^(\w+)\(\)", "\n".join(blocks(INTRODUCTION.read_text())), re.MULTILINE))


def variables(text: str) -> set[str]:
    return set(re.findall(r"\b([A-Z][A-Z_]+)=", "\n".join(blocks(text))))


def test_every_alarm_has_a_page_and_every_page_an_alarm() -> None:
    assert set(PAGES) == set(told())


@pytest.mark.parametrize("name", PAGES)
def test_a_title_says_the_alarm_and_how_urgent_it_is(name: str) -> None:
    title, _, severity = PAGES[name].splitlines()[0].removeprefix("# ").partition(": ")
    assert (title, set(severity.split(" or "))) == (name, told()[name])


@pytest.mark.parametrize("name", PAGES)
def test_a_page_answers_five_questions_in_few_words(name: str) -> None:
    parts = re.split(r"^## (.*)$", PAGES[name], flags=re.MULTILINE)
    assert parts[1::2] == SECTIONS
    assert all(text.strip() for text in parts[2::2])
    assert len(PAGES[name].split()) <= LONGEST
    assert blocks(parts[2 * SECTIONS.index("Diagnosis") + 2])


@pytest.mark.parametrize("name", PAGES)
def test_diagnosis_begins_with_a_known_word_and_knows_every_variable(name: str) -> None:
    own = variables(PAGES[name])
    known = own | variables(INTRODUCTION.read_text())
    for line in commands(PAGES[name]):
        first = re.sub(r"^[A-Z]+=\$\(", "", line).split()[0]
        assert first in {"aws", *functions()}, line
        assert set(re.findall(r"\$\{?([A-Z][A-Z_]+)", line)) <= known, line


@pytest.mark.parametrize("path", sorted(FOLDER.glob("*.md")), ids=lambda path: path.stem)
def test_bash_understands_every_block(path: Path) -> None:
    found = blocks(path.read_text())
    assert found
    for block in found:
        read = subprocess.run(
            ["bash", "-n"], input=block, capture_output=True, text=True, check=False
        )
        assert read.returncode == 0, read.stderr


def calls(text: str) -> list[list[str]]:
    """The words of every call of the AWS CLI, those inside `$(…)` included."""
    whole = "\n".join(blocks(text)).replace("\\\n", " ")
    found = []
    for start in re.finditer(r"\baws (?=[a-z])", whole):
        line = whole[start.end() :].splitlines()[0]
        bare = re.sub(r"'[^']*'|\"(?:\\.|\$\([^)]*\)|[^\"])*\"", "TEXT", line)
        found.append(shlex.split(re.split(r"[|)]", bare)[0], comments=True))
    return found


@pytest.mark.parametrize("path", sorted(FOLDER.glob("*.md")), ids=lambda path: path.stem)
def test_every_aws_command_exists_with_its_options_and_changes_nothing(path: Path) -> None:
    session = botocore.session.Session()
    for service, operation, *rest in calls(path.read_text()):
        assert SAFE.match(operation), f"{operation} is no diagnosis"
        if (service, operation) in NOT_IN_THE_API:
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


def test_an_alarm_that_a_page_asks_for_exists() -> None:
    names = {alarm.name for each in every_catalogue().values() for alarm in each.measured}
    names |= {burn.name for each in every_catalogue().values() for burn in each.burns}
    names.add(deployment.ALARM.name)
    for page, text in PAGES.items():
        for asked in re.findall(r"^state (\w+)|`state (\w+)`", text, re.MULTILINE):
            prefix = "".join(asked)
            assert any(name.startswith(prefix) for name in names), f"{page}: state {prefix}"
