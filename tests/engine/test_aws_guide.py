"""docs/aws.md: every command needs an account, is proven by a named test, or is run here.

What the guide shows of a mistake is what a reader sees who makes it.
"""

import re
import subprocess
import textwrap
from pathlib import Path
from typing import Any

import pytest
import yaml

import settings

ROOT = Path(__file__).parents[2]
GUIDE = (ROOT / "docs" / "aws.md").read_text()
COMMAND = ("make ", "pulumi ", "aws ", "export ", ".venv/")

NEEDS_AN_ACCOUNT = (
    "pulumi ",
    "aws ",
    "export ",
    "make smoke ",
    ".venv/bin/python examples/train.py",
)
PROVEN_BY = {
    "make install": ("bench/newcomer.py", '"make install"'),
    "make pulumi": ("tests/engine/test_engine_installer.py", "tools/install-pulumi"),
    "make preview": ("tests/engine/test_engine_environments.py", "made.planned"),
    "make graph": ("tests/engine/test_engine_environments.py", "made.nodes"),
    "make policies": ("tests/engine/test_policies_hold.py", "from policies.rules import"),
    "make scan": ("tests/engine/test_scanner_findings.py", "from tools.scanner.checkov import"),
}
"""By command: the file that runs what it runs, and words of that file which show it."""


def fenced() -> list[str]:
    """The guide's blocks, moved to the left."""
    blocks = re.findall(r"^( *)```\w*\n(.*?)^\1```", GUIDE, re.MULTILINE | re.DOTALL)
    return [textwrap.dedent(text) for _, text in blocks]


def commands() -> list[str]:
    """Every command of every block, a line each, without its comment."""
    lines = [line for block in fenced() for line in re.sub(r"\\\n\s*", "", block).splitlines()]
    return [line.split(" #")[0].strip() for line in lines if line.startswith(COMMAND)]


COMMANDS = list(dict.fromkeys(commands()))
RUN_HERE = [command for command in COMMANDS if command.startswith("make cost ")]


def make(*words: str) -> subprocess.CompletedProcess[str]:
    """Run make as the guide says, in the environment that is installed already."""
    return subprocess.run(
        ["make", "--silent", "--assume-old=install", *words],
        cwd=ROOT, capture_output=True, text=True, check=False, timeout=120,
    )  # fmt: skip


def test_the_guide_has_commands_of_every_kind() -> None:
    assert {start for start in COMMAND for line in COMMANDS if line.startswith(start)} == (
        set(COMMAND) - {"aws "}  # only within the value of an export
    )
    assert RUN_HERE


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_is_accounted_for_once(command: str) -> None:
    claims = [
        command.startswith(NEEDS_AN_ACCOUNT),
        " ".join(command.split()[:2]) in PROVEN_BY,
        command in RUN_HERE,
    ]

    assert claims.count(True) == 1


@pytest.mark.parametrize("command", PROVEN_BY)
def test_what_proves_a_command_is_there_and_the_guide_has_the_command(command: str) -> None:
    file, words = PROVEN_BY[command]

    assert words in (ROOT / file).read_text()
    assert any(line == command or line.startswith(f"{command} ") for line in COMMANDS)


@pytest.mark.parametrize("command", COMMANDS)
def test_every_stack_that_a_command_names_has_a_file(command: str) -> None:
    for stack in re.findall(r"(?:STACK=|--stack |stack init )([\w-]+)", command):
        folder = ROOT / ("bootstrap" if "-C bootstrap" in command else "stacks")
        assert (folder / f"Pulumi.{stack}.yaml").exists()


@pytest.mark.parametrize("command", RUN_HERE)
def test_a_command_that_needs_no_account_does_what_the_guide_says(command: str) -> None:
    done = make(*command.split()[1:])

    assert done.returncode == 0, done.stderr
    assert re.fullmatch(r"total: \$[\d,.]+ per month", done.stdout.splitlines()[-1])


def test_a_command_about_one_environment_asks_which() -> None:
    refused = make("cost")

    assert refused.returncode != 0
    assert "for instance: make cost STACK=prod" in refused.stderr


def test_the_mistakes_that_the_guide_shows_are_told_in_these_words(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    document: dict[str, Any] = yaml.safe_load((settings.STACKS / "Pulumi.prod.yaml").read_text())
    aws = document["config"][f"{settings.NAMESPACE}aws"]
    aws["network"]["cidr"] = "10.22.0.0/28"
    aws["rds"] |= {"topology": "single", "instance_class": "db.m7g.large"}
    stacks = tmp_path / "stacks"
    stacks.mkdir()
    (stacks / "Pulumi.prod.yaml").write_text(yaml.safe_dump(document))
    monkeypatch.chdir(tmp_path)

    with pytest.raises(settings.SettingsError) as refused:
        settings.load("prod", stacks=Path("stacks"))

    assert f"{refused.value}\n" in fenced()
