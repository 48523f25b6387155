"""Every command and every Python block of the page on health and alerts does what the page says.

What the answers mean in an outage is in test_health.py; each case of them is in
tests/unit/client/test_health.py.
"""

import json
import os
import re
import shutil
import subprocess
import threading
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import pytest
from mlflow_ha import alerts, doctor, metrics
from mlflow_ha.breaker import State
from mlflow_ha.events import Outcome
from prometheus_client import CollectorRegistry
from pydantic import SecretStr

from tests.cluster.client.conftest import Reached
from tests.cluster.client.environment import Ready, variables
from tests.cluster.client.page import Block, blocks, not_printed
from tests.cluster.server.postgres import free_port
from tests.unit.client.webhook import Webhook
from tools.client_environment import virtual_environment
from tools.evidence import ROOT

PAGE = ROOT / "docs" / "guides" / "client-health.md"
BLOCKS = blocks(PAGE)
TEXT = PAGE.read_text(encoding="utf-8")
_CODE = re.compile(r"^@@ (\d+)$", re.MULTILINE)


def of(heading: str, kind: str) -> list[Block]:
    return [block for block in BLOCKS if (block.heading, block.kind) == (heading, kind)]


class Follower:
    """Follows the page in a folder; the ports that it names are taken by what is free here."""

    def __init__(self, folder: Path, programs: str, environment: dict[str, str]) -> None:
        self.folder = folder
        self.ports = {port: str(free_port()) for port in ("9470", "9471", "9472", "8000")}
        self._environment = variables(
            **environment, HOME=folder, PATH=f"{programs}:{os.environ['PATH']}"
        )
        for block in BLOCKS:
            if block.file and block.kind == "python":
                (folder / block.file).write_text(block.text, encoding="utf-8")

    def follow(self, block: Block, then: str = "") -> str:
        """Run the commands of a block; they succeed and print what it shows.

        Args:
            block: Of a console.
            then: What is run after them, in the same shell.
        """
        lines = [self.here(line) for line in block.commands]
        # Whatever happens, nothing that was begun is left behind.
        script = "trap 'kill $(jobs -p) 2>/dev/null' EXIT\n" + "".join(
            f"{line}\ncode=$?; echo; echo @@ $code\n" for line in lines
        )
        done = subprocess.run(
            ["bash", "-c", f"{script}{then}\n"],
            cwd=self.folder, env=self._environment, text=True, timeout=300, check=False,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL,
        )  # fmt: skip
        assert _CODE.findall(done.stdout) == ["0"] * len(lines), done.stdout
        assert not_printed(block.shown, done.stdout) == [], done.stdout
        return done.stdout

    def here(self, text: str) -> str:
        for port, free in self.ports.items():
            text = text.replace(port, free)
        return text


@pytest.fixture
def follower(ready: Ready, ours: Reached, spool: dict[str, str], tmp_path: Path) -> Follower:
    where = {"MLFLOW_HA_SPOOL_DIR": spool["MLFLOW_HA_SPOOL_DIR"]}
    return Follower(tmp_path, str(ready.python.parent), {**ours.variables, **where})


def test_every_block_of_the_page_is_run_or_checked() -> None:
    assert {(block.heading, block.kind) for block in BLOCKS} == {
        ("Ask at a terminal", "console"),
        ("Install the health API", "console"),
        ("Run it alone", "console"),
        ("Mount it in your service", "python"),
        ("Mount it in your service", "console"),
        ("Metrics", "text"),
        ("Metrics", "python"),
        ("Alerts", "console"),
        ("Alerts", "json"),
    }


def test_status_and_doctor_print_what_is_shown(follower: Follower) -> None:
    (block,) = of("Ask at a terminal", "console")
    follower.follow(block)


def test_the_extra_is_installed_as_shown(ready: Ready, follower: Follower) -> None:
    """Without a network: what it depends on is there already."""
    (packages,) = ready.python.parents[1].glob("lib/python*/site-packages")
    borrowed = Path((packages / "borrowed.pth").read_text().splitlines()[0])
    python = virtual_environment(follower.folder / "venv", borrowed)
    shutil.copytree(ROOT / "client", follower.folder / "client")
    uv = borrowed.parents[2] / "bin" / "uv"
    pip = python.with_name("pip")
    offline = "--offline --no-deps --no-build-isolation"
    pip.write_text(f'#!/bin/sh\nexec "{uv}" pip "$@" -q {offline} --python "{python}"\n')
    pip.chmod(0o700)
    (block,) = of("Install the health API", "console")
    Follower(follower.folder, str(python.parent), {}).follow(block)
    required = subprocess.run(
        [str(python), "-c", "import importlib.metadata as m; print(m.requires('mlflow-ha'))"],
        capture_output=True, text=True, check=True, timeout=60,
    ).stdout  # fmt: skip
    for package in ("prometheus-client", "starlette", "uvicorn"):
        assert re.search(rf"{package}\S* ?; extra == \\?['\"]health", required), required


@pytest.mark.parametrize("heading", ["Run it alone", "Mount it in your service"])
def test_the_health_api_answers_what_is_shown(follower: Follower, heading: str) -> None:
    (block,) = of(heading, "console")
    follower.follow(block)


def test_a_program_hands_its_counts_to_its_own_exporter(
    ready: Ready, ours: Reached, follower: Follower
) -> None:
    (block,) = of("Metrics", "python")
    after = (
        "import mlflow, urllib.request\n"
        "mlflow.set_experiment('counted')\n"
        "print(urllib.request.urlopen('http://127.0.0.1:9471/metrics').read().decode())\n"
    )
    script = follower.folder / "counts.py"
    script.write_text(follower.here(block.text + after), encoding="utf-8")
    printed = ready.run("block", script, **ours.variables)
    counted = 'mlflow_ha_calls_total{api="GetExperimentByName",outcome='
    assert counted in printed


@pytest.fixture
def webhook() -> Iterator[Webhook]:
    with Webhook() as running:
        yield running


def test_a_webhook_is_told_as_shown(follower: Follower, ours: Reached, webhook: Webhook) -> None:
    """The commands begin it; then the server goes, and comes back."""
    follower.ports["9472/hooks/mlflow"] = webhook.address.removeprefix("http://127.0.0.1:")
    follower.ports.pop("9472")
    (block,) = of("Alerts", "console")
    told = follower.folder / "told"
    ours.door.close()
    try:

        def come_back() -> None:
            webhook.wait_for(1, 60)
            ours.door.open()
            webhook.wait_for(2, 60)
            told.touch()

        # The shell lives on until both were told, which this sees to.
        thread = threading.Thread(target=come_back)
        thread.start()
        follower.follow(
            block, then=f"for _ in $(seq 600); do [ -e {told} ] && break; sleep 0.2; done"
        )
        thread.join(120)
    finally:
        ours.door.open()
    assert webhook.states == ["OPEN", "CLOSED"]
    (shown,) = of("Alerts", "json")
    assert list(webhook.told[0]) == list(json.loads(shown.text))


def test_the_example_of_a_message_is_one(tmp_path: Path) -> None:
    (shown,) = of("Alerts", "json")
    example = json.loads(shown.text)
    assert f"MLflow at {example['server']} is unavailable" in example["text"]
    bell = alerts.Bell(example["server"], SecretStr("http://127.0.0.1:9"), tmp_path)
    change = alerts._Change(State.OPEN, datetime.fromisoformat(example["since"]))
    told = bell._notice(change)
    assert {name: type(value) for name, value in json.loads(json.dumps(told)).items()} == {
        name: type(value) for name, value in example.items()
    }
    assert told["since"] == example["since"]


def rows(heading: str) -> list[list[str]]:
    section = re.split(r"^#+ ", TEXT.partition(f"# {heading}\n")[2], flags=re.MULTILINE)[0]
    return [line.split("|")[1:-1] for line in section.splitlines() if line.startswith("| `")]


def test_the_table_of_metrics_is_that_of_the_code() -> None:
    registry = CollectorRegistry()
    registry.register(metrics.Metrics())
    names = set()
    for family in registry.collect():
        names.add(f"{family.name}_total" if family.type == "counter" else family.name)
    assert {cells[0].strip(" `") for cells in rows("Metrics")} == names


def test_every_outcome_and_limit_is_named() -> None:
    words = set(re.findall(r"`(\w+)`", TEXT))
    assert {str(outcome) for outcome in Outcome} <= words
    assert f"within {alerts.PAUSE_SECONDS:.0f} s of the last opening" in TEXT
    connect, answer = alerts._TIMEOUT
    assert f"{connect:.0f} s without a connection or {answer:.0f} s without an\n  answer" in TEXT
    assert f"waits {alerts._FAREWELL_SECONDS:.0f} s at most" in TEXT
    assert f"at least {doctor._ROOM // 2**20} MiB" in TEXT
