"""The oldest and the newest of everything the wheel declares do every kind of call, once each.

Each in an environment of its own from the package index, against a stock server of this
environment's MLflow.
"""

import json
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.version import Version

from bench.client_kills.zygote import Zygote
from tests.cluster.client.conftest import Reached
from tests.cluster.client.environment import SCRIPTS, variables
from tests.cluster.client.once import what_is_wrong
from tests.cluster.client.test_lost_answers import CREATES
from tests.cluster.client.working import PROMPT
from tools.client_environment import install, virtual_environment
from tools.evidence import ROOT

DECLARED = str(ROOT / "client" / "pyproject.toml")
RESOLUTIONS = {
    # What these need is what there was on that day: else the oldest would change with the index.
    "oldest": ("--resolution", "lowest-direct", "--exclude-newer", "2026-11-20"),
    "newest": ("--resolution", "highest"),
}
COALESCED = {"MLFLOW_HA_COALESCE": "1"}
FACTS = """
import importlib.metadata as m, json
print(json.dumps({
    "requires": [r for r in m.requires("mlflow-ha") if "extra ==" not in r],
    "versions": {d.name.lower(): d.version for d in m.distributions()},
}))
"""


@dataclass(frozen=True)
class Installed:
    """The wheel with what it needs.

    Attributes:
        requires: What the wheel says it needs.
        versions: What is there.
    """

    which: str
    zygote: Zygote
    requires: list[Requirement]
    versions: dict[str, Version]


@pytest.fixture(scope="module", params=RESOLUTIONS)
def installed(
    request: pytest.FixtureRequest, built: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Installed]:
    folder = tmp_path_factory.mktemp(request.param)
    python = virtual_environment(folder / "venv")
    install(python, *RESOLUTIONS[request.param], "-r", DECLARED)
    install(python, "--no-deps", str(built))
    told = subprocess.run(
        [str(python), "-c", FACTS], check=True, capture_output=True, text=True, timeout=60
    )
    facts = json.loads(told.stdout)
    zygote = Zygote(python, folder, variables(), ("mlflow", "mlflow.store.tracking.rest_store"))
    yield Installed(
        request.param,
        zygote,
        [Requirement(line) for line in facts["requires"]],
        {name: Version(version) for name, version in facts["versions"].items()},
    )
    zygote.stop()


def bounds(requirement: Requirement) -> tuple[Version, Version]:
    """The first version that is declared, and the first that is no more."""
    found = {part.operator: Version(part.version) for part in requirement.specifier}
    return found[">="], found["<"]


def test_the_wheel_declares_what_is_tested_here(installed: Installed) -> None:
    for requirement in installed.requires:
        first, beyond = bounds(requirement)
        there = installed.versions[requirement.name]
        if installed.which == "oldest":
            assert there == first, f"{requirement} admits what {there} is older than"
        elif requirement.name == "mlflow-skinny":
            # MLflow changes with each minor version what this package relies on.
            assert beyond == Version(f"{there.major}.{there.minor + 1}")


def everything(installed: Installed, name: str, **environment: object) -> None:
    """Make every kind of call."""
    script = installed.zygote.run_path(
        SCRIPTS / "everything.py", name, environment=variables(**PROMPT, **environment)
    )
    script.succeeded(90)


def test_lost_replies_and_refused_connections(installed: Installed, stock: Reached) -> None:
    name = f"{installed.which}-plain"
    stock.door.hold_back("HTTP/1.1", times=8)  # enough to open the breaker
    for request in CREATES:
        stock.door.lose(request)
    everything(installed, name, **stock.variables)
    assert (stock.door.held_back, stock.door.lost) == (8, len(CREATES))
    assert what_is_wrong(stock.contents, name) == []


@pytest.mark.parametrize("coalesced", [False, True], ids=["call-by-call", "coalesced"])
def test_a_server_that_is_away_from_the_first_line_to_the_last(
    installed: Installed, stock: Reached, spool: dict[str, str], coalesced: bool
) -> None:
    name = f"{installed.which}-spool-{coalesced}"
    environment = {**stock.variables, **spool, **(COALESCED if coalesced else {})}
    with stock.door.closed():
        everything(installed, name, **environment)
    flush = [str(installed.zygote.python.with_name("mlflow-ha")), "flush", "--timeout", "60"]
    sent = subprocess.run(
        flush, env=variables(**environment), capture_output=True, text=True, timeout=90, check=False
    )
    assert sent.returncode == 0, sent.stderr
    assert what_is_wrong(stock.contents, name) == []


def test_coalesced_calls_whose_replies_are_lost(installed: Installed, stock: Reached) -> None:
    name = f"{installed.which}-coalesced"
    stock.door.lose("/log-batch", times=2)
    everything(installed, name, **stock.variables, **COALESCED)
    assert stock.door.lost == 2
    assert what_is_wrong(stock.contents, name) == []
