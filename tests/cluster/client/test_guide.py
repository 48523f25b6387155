"""Every command and every Python block of the client's guide does what the guide says.

Its tables are held by tests/unit/client/test_guide_facts.py. What is stated there about kills and
lost answers is proved by the other files of this folder.
"""

import os
import re
import shutil
import subprocess
import time
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.cluster.client.conftest import Reached
from tests.cluster.client.contents import plain
from tests.cluster.client.environment import Ready, variables
from tests.cluster.client.page import Block, blocks, not_printed
from tools.client_environment import virtual_environment
from tools.evidence import ROOT

GUIDE = ROOT / "docs" / "guides" / "client.md"
BLOCKS = blocks(GUIDE)
_CODE = re.compile(r"^@@ (\d+)$", re.MULTILINE)
RUN_HERE = {
    "Install",
    "Change nothing",
    "An outage without the spool",
    "An outage with the spool",
    "Register without the server",
    "What the server refuses",
    "Threads, processes, notebooks",
    "Turn it off",
}


def of(heading: str, kind: str) -> list[Block]:
    return [block for block in BLOCKS if (block.heading, block.kind) == (heading, kind)]


@dataclass(frozen=True)
class Shell:
    """A folder in which someone follows the guide; the files that it names are there."""

    folder: Path
    programs: str
    environment: dict[str, str]

    def follow(self, block: Block, codes: dict[str, int] | None = None) -> None:
        """Run the commands of a block; they print what it shows.

        Args:
            block: Of a console.
            codes: Exit codes that are not 0, by command.
        """
        script = "".join(f"{line}\ncode=$?; echo; echo @@ $code\n" for line in block.commands)
        done = subprocess.run(
            ["bash", "-c", script],
            cwd=self.folder, env=self._variables(), text=True, timeout=300, check=False,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL,
        )  # fmt: skip
        expected = [(codes or {}).get(command, 0) for command in block.commands]
        assert [int(code) for code in _CODE.findall(done.stdout)] == expected, done.stdout
        assert not_printed(block.shown, done.stdout) == [], done.stdout

    def _variables(self) -> dict[str, str]:
        return variables(
            **self.environment, HOME=self.folder, PATH=f"{self.programs}:{os.environ['PATH']}"
        )


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for block in BLOCKS:
        if block.file:
            (tmp_path / block.file).write_text(block.text, encoding="utf-8")
    return tmp_path


@pytest.fixture
def shell(ready: Ready, ours: Reached, spool: dict[str, str], folder: Path) -> Shell:
    where = {"MLFLOW_HA_SPOOL_DIR": spool["MLFLOW_HA_SPOOL_DIR"]}
    return Shell(folder, str(ready.python.parent), {**ours.variables, **where})


def written(block: Block, folder: Path) -> Path:
    """Return a file with a block's text."""
    file = folder / f"block-{BLOCKS.index(block)}.py"
    file.write_text(block.text, encoding="utf-8")
    return file


def shown_after(block: Block) -> list[str]:
    """Return what the page says that a block prints."""
    following = BLOCKS[BLOCKS.index(block) + 1]
    assert following.kind == "text"
    return following.shown


def runs(server: Reached, experiment: str) -> dict[str, list[dict[str, object]]]:
    """Return the runs of an experiment by their names, none where it does not exist."""
    try:
        found = server.contents.runs(experiment)
    except OSError:
        return {}
    named: dict[str, list[dict[str, object]]] = defaultdict(list)
    for run in found:
        named[run["info"]["run_name"]].append(run)
    return named


def test_every_block_of_the_guide_is_run() -> None:
    assert {block.heading for block in BLOCKS} == RUN_HERE
    assert {block.kind for block in BLOCKS} == {"console", "python", "text"}
    for block in BLOCKS:
        assert block.kind != "console" or block.commands


def test_installing_it_is_all_that_is_needed(ready: Ready, shell: Shell, folder: Path) -> None:
    """Without a network: what it depends on is there already."""
    (packages,) = ready.python.parents[1].glob("lib/python*/site-packages")
    borrowed = Path((packages / "borrowed.pth").read_text().splitlines()[0])
    python = virtual_environment(folder / "venv", borrowed)
    shutil.copytree(ROOT / "client", folder / "client")
    uv = borrowed.parents[2] / "bin" / "uv"
    pip = python.with_name("pip")
    offline = "--offline --no-deps --no-build-isolation"
    pip.write_text(f'#!/bin/sh\nexec "{uv}" pip "$@" -q {offline} --python "{python}"\n')
    pip.chmod(0o700)
    (block,) = of("Install", "console")
    Shell(folder, str(python.parent), shell.environment).follow(block)


def test_a_script_that_has_never_heard_of_it_is_run_as_ever(shell: Shell, ours: Reached) -> None:
    before = len(runs(ours, "first steps").get("first", []))
    (block,) = of("Change nothing", "console")
    shell.follow(block)
    latest = runs(ours, "first steps")["first"]
    assert len(latest) == before + 1
    told = plain(latest[0])
    assert (told["status"], told["params"]) == ("FINISHED", {"depth": "3"})


def test_without_a_spool_a_call_says_in_the_end_that_the_server_is_away(
    ready: Ready, ours: Reached, folder: Path
) -> None:
    (block,) = of("An outage without the spool", "python")
    with ours.door.closed():
        printed = ready.run("block", written(block, folder), **ours.variables, MLFLOW_HA_DEADLINE=3)
    assert not_printed(shown_after(block), printed) == [], printed
    assert ours.variables["MLFLOW_TRACKING_PASSWORD"] not in printed


def test_with_a_spool_training_goes_on_and_everything_arrives(
    ready: Ready, shell: Shell, ours: Reached, spool: dict[str, str], folder: Path
) -> None:
    before = len(runs(ours, "first steps").get("first", []))
    away, back = of("An outage with the spool", "console")
    with ours.door.closed():
        shell.follow(away, codes={"mlflow-ha status": 1})
    shell.follow(back)
    found = runs(ours, "first steps")["first"]
    assert len(found) == before + 1
    newest = max(found, key=lambda run: run["info"]["start_time"])  # type: ignore[index]  # of JSON
    assert plain(newest)["metrics"] == {("loss", 2): 1 / 3}
    assert plain(newest)["status"] == "FINISHED"
    (block,) = of("An outage with the spool", "python")
    printed = ready.run("block", written(block, folder), **ours.variables, **spool)
    assert "queued=0" in printed


def test_a_registration_without_the_server_gets_its_number_later(
    ready: Ready, ours: Reached, spool: dict[str, str], folder: Path
) -> None:
    (block,) = of("Register without the server", "python")
    first, second = shown_after(block)
    with ours.door.closed():
        script = ready.start("block", written(block, folder), **ours.variables, **spool)
        until = time.monotonic() + 60
        while first not in script.printed:
            assert time.monotonic() < until, script.output
            time.sleep(0.1)
        assert second not in script.printed
    assert not_printed([first, second], script.succeeded(120)) == []
    assert ours.contents.aliases("wine") == {"candidate": "1"}


def test_what_the_server_refuses_is_shown_exported_and_given_up(
    ready: Ready, shell: Shell, ours: Reached, spool: dict[str, str], folder: Path
) -> None:
    refused = folder / "refused.py"
    refused.write_text(
        "import mlflow\n"
        "with mlflow.start_run():\n"
        "    mlflow.log_param('depth', 3)\n"
        "    mlflow.log_param('depth', 4)\n"
        "    mlflow.log_metric('loss', 0.25)\n"
    )
    with ours.door.closed():
        ready.run("block", refused, **ours.variables, **spool)
    told = ready.command("flush", **shell.environment)
    assert told.returncode == 1
    assert "1 operations were refused" in told.stderr
    (block,) = of("What the server refuses", "console")
    shell.follow(block)
    assert '"depth"' in (folder / "waiting.jsonl").read_text()


def test_threads_and_forks_log_side_by_side(
    ready: Ready, ours: Reached, spool: dict[str, str], folder: Path
) -> None:
    (block,) = of("Threads, processes, notebooks", "python")
    ready.run("block", written(block, folder), **ours.variables, **spool)
    found = runs(ours, "side by side")
    assert {name: len(those) for name, those in found.items()} == {"thread": 1, "process": 1}
    for (run,) in found.values():
        assert plain(run)["metrics"] == {("loss", 0): 0.5}


def test_it_can_be_turned_off(shell: Shell) -> None:
    (block,) = of("Turn it off", "console")
    shell.follow(block)
