"""Documents are true where a machine can tell: links, commands, figures, decisions, the lock.

That the sentences between them are true is for the reader, and for the tests they name.
"""

import os
import re
import shlex
from collections.abc import Iterator
from functools import cache
from importlib import import_module
from ipaddress import IPv4Network
from pathlib import Path
from typing import Any

import pytest
import typer
import typer.main

import settings
from chaos import drill as drills
from local import layout as layout_module
from local.layout import Layout
from tools import readme_figures
from tools.readme_figures import filled

ROOT = Path(__file__).parents[2]
ADR = ROOT / "docs" / "adr"
NOT_OURS = {".venv", ".git", ".cluster", ".hypothesis", "build", "node_modules"}
LONGEST_DECISION = 480
"""Words: one printed page."""

# Where the commands of `python -m NAME` are defined; importing NAME.__main__ would run it.
TYPER_APPS = {"local": "local.cli", "chaos": "chaos.cli", "bench": "bench.__main__"}


@cache
def tree() -> tuple[Path, ...]:
    found: list[Path] = []
    for folder, folders, files in os.walk(ROOT):
        folders[:] = [f for f in folders if f not in NOT_OURS and "cache" not in f]
        found += [Path(folder, file) for file in files]
    return tuple(sorted(found))


def ours(pattern: str) -> list[Path]:
    return [path for path in tree() if path.match(pattern)]


DOCUMENTS = ours("*.md")
SOURCES_OF_COMMANDS = [*DOCUMENTS, ROOT / "Makefile"]


def name(path: Path) -> str:
    return str(path.relative_to(ROOT))


# Links


def anchors(document: Path) -> set[str]:
    """The names GitHub gives a document's headings."""
    found = re.findall(r"^#+ (.*)$", document.read_text(), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading).strip().lower().replace(" ", "-") for heading in found}


@pytest.mark.parametrize("document", DOCUMENTS, ids=name)
def test_every_relative_link_leads_somewhere(document: Path) -> None:
    for target in re.findall(r"\]\(([^)\s]+)\)", document.read_text()):
        if re.match(r"[a-z]+:", target):
            continue
        path, _, anchor = target.partition("#")
        there = (document.parent / path).resolve() if path else document
        assert there.exists(), f"{name(document)} links to {target}"
        if anchor:
            assert anchor in anchors(there), f"{name(document)} links to {target}"


@pytest.mark.parametrize("document", DOCUMENTS, ids=name)
def test_every_file_that_is_named_exists(document: Path) -> None:
    """Code spans that look like a path of this repository are one; placeholders are no path."""
    tops = r"(?:server|client|components|policies|observability|runbooks|bootstrap|setting_groups|local|chaos|bench|examples|tests|tools|docs|stacks)"
    for path in re.findall(rf"`({tops}/[\w./-]+\.\w+)`", document.read_text()):
        if not path.startswith("docs/evidence/"):  # written when it is measured
            assert (ROOT / path).exists(), f"{name(document)} names {path}"


# Commands


def command_lines(document: Path) -> list[str]:
    """Lines and code spans, without the comment of a shell line; recipes without make's signs."""
    text = re.sub(r"\\\n\s*", " ", document.read_text()).replace("$(PY)", "python")
    spans = re.findall(r"`([^`\n]+)`", text)
    blocks = re.findall(r"^```\w*\n(.*?)^```", text, re.MULTILINE | re.DOTALL)
    lines = [line for block in blocks for line in block.splitlines()]
    lines += text.splitlines() if document.name == "Makefile" else []
    return [line.split(" #", 1)[0].strip() for line in (*spans, *lines)]


def python_commands() -> Iterator[tuple[str, str, list[str]]]:
    for document in SOURCES_OF_COMMANDS:
        for line in command_lines(document):
            for module, rest in re.findall(r"python3? -m ([\w.]+)([^|;&)\"]*)", line):
                yield name(document), module, shlex.split(rest)


def test_every_make_target_that_is_named_exists() -> None:
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    for document in DOCUMENTS:
        for line in command_lines(document):
            for words in re.findall(r"(?:^|&& )make((?: [a-z][a-z-]*)*)(?= &&|$)", line):
                assert set(words.split()) <= targets, f"{name(document)} says make{words}"


@pytest.mark.parametrize(("document", "module", "words"), list(python_commands()))
def test_every_python_command_that_is_named_exists(
    document: str, module: str, words: list[str]
) -> None:
    if module in TYPER_APPS:
        app: typer.Typer = import_module(TYPER_APPS[module]).app
        refuse_unknown(typer.main.get_command(app), words, f"{document}: python -m {module}")
    elif module.startswith(("tools.", "policies")):
        place = ROOT / Path(*module.split("."))
        program = place / "__main__.py" if place.is_dir() else place.with_suffix(".py")
        assert program.exists(), document


def refuse_unknown(command: Any, words: list[str], said: str) -> None:
    """Each option and subcommand has to be known; values of options are not looked at."""
    words = list(words)
    while words:
        word = words.pop(0)
        if word.startswith("-"):
            known = {flag: option for option in command.params for flag in option.opts}
            assert word.partition("=")[0] in known or word == "--help", f"{said} {word}"
            if "=" not in word and word in known and not known[word].is_flag and words:
                words.pop(0)
        elif subcommands := getattr(command, "commands", None):
            assert word in subcommands, f"{said} {word}"
            command = subcommands[word]
        elif command.name == "run" and "chaos" in said and re.fullmatch(r"[a-z-]+", word):
            assert word in drills.names(), f"{said} run {word}"


def test_every_drill_that_the_readme_names_exists_and_none_is_left_out() -> None:
    text = (ROOT / "README.md").read_text()
    table = text[text.index("## What survives what") : text.index("## Measured")]
    named = set(re.findall(r"\| `([a-z-]+)`", table))
    assert named == set(drills.names())


# Figures


@pytest.mark.parametrize("page", readme_figures.pages(), ids=name)
def test_figures_are_those_of_settings_and_evidence(page: Path) -> None:
    text = page.read_text()
    assert filled(text) == text, "run python -m tools.readme_figures"


def decisions() -> list[Path]:
    return sorted(ADR.glob("[0-9]*.md"))


def test_the_index_of_decisions_is_complete_and_uses_their_titles() -> None:
    listed = re.findall(
        r"^\| \[(\d{4})\]\((\S+)\) \| (.+) \|$", (ADR / "README.md").read_text(), re.MULTILINE
    )
    written = []
    for path in decisions():
        title = path.read_text().splitlines()[0]
        written.append((path.name[:4], path.name, title.removeprefix(f"# {path.name[:4]}. ")))
    assert listed == written
    assert [number for number, *_ in written] == [f"{n:04}" for n in range(1, len(written) + 1)]


@pytest.mark.parametrize("decision", decisions(), ids=name)
def test_a_decision_fits_a_page_and_says_what_would_reopen_it(decision: Path) -> None:
    text = decision.read_text()
    for part in ("**Context.**", "**Decision.**", "**Rejected.**", "**Costs.**", "**Reopen when**"):
        assert part in text, f"{part} is missing"
    assert len(text.split()) <= LONGEST_DECISION


def test_every_decision_that_code_refers_to_exists() -> None:
    for path in [*ours("*.py"), *ours("*.j2"), *ours("*.yaml")]:
        for number in re.findall(r"docs/adr/(\d{4})", path.read_text()):
            assert list(ADR.glob(f"{number}-*.md")), f"{name(path)} refers to {number}"


# Architecture


def test_the_picture_shows_every_host_at_its_address() -> None:
    drawn = (ROOT / "docs" / "architecture.svg").read_text()
    stack = settings.load("local")
    layout = Layout(network=IPv4Network("198.18.0.0/24"), isolated=True, settings=stack)
    for host in layout.hosts:
        assert f">{host}<" in drawn
        assert layout.address(host) in drawn
    for other in (layout.front_door, layout.uplink, f"of {stack.failover.lease} s once"):
        assert other in drawn
    assert len(re.findall(r">(?:dcs|db|app|lb|s3)-\d<", drawn)) == len(layout.hosts)


def test_the_table_of_ports_is_that_of_the_code() -> None:
    text = (ROOT / "docs" / "architecture.md").read_text()
    table = text[text.index("## Ports") :]
    listed = {int(port) for port in re.findall(r"^\| (\d+) \|", table, re.MULTILINE)}
    ports = {
        value
        for key, value in vars(layout_module).items()
        if key.isupper() and isinstance(value, int) and value > 1000  # smaller ones are counts
    }
    assert listed == ports


# The repository


def test_the_license_is_apache_2() -> None:
    text = (ROOT / "LICENSE").read_text()
    assert "Apache License\n                           Version 2.0, January 2004" in text
    assert text.rstrip().endswith("limitations under the License.")
    assert 'license = "Apache-2.0"' in (ROOT / "pyproject.toml").read_text()


def test_the_lock_has_hashes_and_no_addresses() -> None:
    """An address would tie everybody to the mirror that the lock was made with."""
    text = (ROOT / "requirements.txt").read_text()
    for unwanted in ("://", "git+", "--index-url", "--extra-index-url", "--find-links", " @ "):
        assert unwanted not in text
    entries = re.split(r"\n(?=\S)", text.replace("\\\n", " "))
    pinned = [entry for entry in entries if not entry.startswith(("#", " ")) and entry.strip()]
    assert pinned
    for entry in pinned:
        assert "==" in entry, entry
        assert "--hash=sha256:" in entry, entry


def test_no_file_names_the_folder_it_was_written_in() -> None:
    here = re.compile(rf"(?<![\w.$]){re.escape(str(ROOT))}/")
    kinds = ("*.py", "*.md", "*.yaml", "*.toml", "*.j2", "*.svg", "*.json", "Makefile", "install-*")
    for path in (p for kind in kinds for p in ours(kind)):
        assert not here.search(path.read_text(errors="replace")), name(path)
