"""Proves that crews are real processes whose start, work and end are seen: with a script of seconds.

What the real script does against a real service is proven in tests/cluster/chaos.
"""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from chaos.crews import environment
from chaos.crews.crews import CrewFailed, Crews, Pace
from chaos.crews.kind import SHIM, STOCK
from chaos.ledger.operation import Outcome
from chaos.target import FrontDoor
from tools.client_environment import CLIENT

NOWHERE = FrontDoor("http://127.0.0.1:9", "admin", "secret")
BRISK = Pace(threads=1, pause=0.01)
SCRIPT = """
import json, os, sys, time
diary = open(sys.argv[2], "a", buffering=1)
say = lambda **entry: diary.write(json.dumps(entry) + "\\n")
begin = lambda key: say(event="began", kind="create_run", key=key, thread=0, monotonic=time.monotonic(), wall=0)
{body}
"""
WORK = """
say(event="ready", experiment="7", models=[])
json.dump(dict(os.environ), open(sys.argv[2] + ".env", "w"))
begin("a"); say(event="acknowledged", key="a", seconds=0.1)
begin("b")
"""
UNTIL_ASKED = "sys.stdin.read()\n"


@pytest.fixture
def crews(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Makes a crew of the stock kind that runs a few lines instead of the real script."""

    def make(body: str) -> Crews:
        script = tmp_path / "script.py"
        script.write_text(SCRIPT.format(body=body))
        monkeypatch.setattr("chaos.crews.crew.SCRIPT", script)
        monkeypatch.setattr("chaos.crews.crews.READY_WITHIN", 20.0)
        monkeypatch.setattr("chaos.crews.crews.END_WITHIN", 0.5)
        return Crews([STOCK], NOWHERE, prefix="t", folder=tmp_path / "crews")

    return make


def silent(_said: str) -> None:
    """Nobody looks."""


def outcomes(tmp_path: Path, crew: Crews) -> list[Outcome]:
    assert crew.attempted() == {"stock": 2}
    [only] = crew._crews
    assert (tmp_path / "crews" / "stock" / "diary.jsonl").exists()
    return [operation.outcome for operation in only.diary().operations]


def test_a_crew_that_is_asked_to_stop_ends_its_call_and_itself(crews: Any, tmp_path: Path) -> None:
    one = crews(WORK + UNTIL_ASKED + 'say(event="failed", key="b", seconds=0.2, error="E: x")')
    one.start(silent, BRISK)
    one.end()
    assert outcomes(tmp_path, one) == [Outcome.ACKNOWLEDGED, Outcome.FAILED]
    assert one.troubles() == []


def test_a_call_that_does_not_end_is_in_doubt(crews: Any, tmp_path: Path) -> None:
    one = crews(WORK + "time.sleep(60)")
    one.start(silent, BRISK)
    one.end()
    assert outcomes(tmp_path, one) == [Outcome.ACKNOWLEDGED, Outcome.INDETERMINATE]


def test_a_crew_that_ends_by_itself_is_told_with_its_last_words(crews: Any) -> None:
    one = crews(WORK + 'sys.exit("out of memory")')
    one.start(silent, BRISK)
    one._crews[0]._process.wait(20)
    one.end()
    assert one.troubles() == ["the crew stock ended with exit code 1: out of memory"]


def test_a_crew_that_cannot_begin_stops_the_drill(crews: Any) -> None:
    one = crews('sys.exit("wrong password")')
    with pytest.raises(CrewFailed, match="exit code 1: wrong password"):
        one.start(silent, BRISK)


def test_a_crew_sees_the_login_and_nothing_of_who_started_it(
    crews: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("MLFLOW_HA_SPOOL", "MLFLOW_HTTP_REQUEST_MAX_RETRIES", "HTTPS_PROXY"):
        monkeypatch.setenv(name, "1")
    one = crews(WORK + UNTIL_ASKED)
    one.start(silent, BRISK)
    one.close()
    seen = json.loads((tmp_path / "crews" / "stock" / "diary.jsonl.env").read_text())
    of_mlflow = {name: value for name, value in seen.items() if name.startswith("MLFLOW")}
    assert of_mlflow == {
        **STOCK.variables,
        "MLFLOW_TRACKING_URI": NOWHERE.url,
        "MLFLOW_TRACKING_USERNAME": "admin",
        "MLFLOW_TRACKING_PASSWORD": "secret",
    }
    assert "HTTPS_PROXY" not in seen


def test_only_the_shim_has_the_clients_wheel_and_it_is_made_once_for_each_content(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = tmp_path / "client"
    shutil.copytree(CLIENT, client, ignore=shutil.ignore_patterns("__pycache__"))
    monkeypatch.setattr(environment, "CLIENT", client)
    monkeypatch.setattr(environment, "ENVIRONMENTS", tmp_path / "crews")
    asked = "from importlib.metadata import version; print(version('mlflow-ha'), version('mlflow'))"

    def versions(python: Path) -> subprocess.CompletedProcess[str]:
        command = [str(python), "-I", "-c", asked]
        return subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)

    assert SHIM.shim
    python = environment.with_the_shim()
    made = python.stat().st_mtime_ns
    assert len(versions(python).stdout.split()) == 2
    assert environment.with_the_shim() == python
    assert python.stat().st_mtime_ns == made
    with (client / "src" / "mlflow_ha" / "__init__.py").open("a") as module:
        module.write("# another content\n")
    assert environment.with_the_shim() != python
    assert "PackageNotFoundError" in versions(environment.stock()).stderr
