"""The commands that look: what they print, in both forms, and their exit codes.

`queue`, `flush`, `export` and `drop` are run on real servers by tests/cluster/client; the doctor has
a file of its own.
"""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from mlflow_ha.cli import main
from mlflow_ha.message import Message
from mlflow_ha.settings import current
from mlflow_ha.spool.folder import Folder, opened

from tests.unit.client.little_server import LittleServer


def run(*arguments: str) -> Result:
    return CliRunner().invoke(main, list(arguments))


@pytest.fixture(autouse=True)
def tracked(little: LittleServer, monkeypatch: pytest.MonkeyPatch) -> LittleServer:
    monkeypatch.setenv("MLFLOW_TRACKING_URI", little.uri.replace("//", "//me:pa55@"))
    current.cache_clear()
    return little


def keep(tmp_path: Path, server: str, *, refused: bool = False) -> None:
    with opened(Folder(tmp_path / "spool", server)) as contents:
        contents.log.append(Message("LogMetric", "POST", "/x"), {}, process=1)
        if refused:
            contents.log.refuse(contents.log.all()[0].number, "no")


def test_status_says_how_things_are(tracked: LittleServer, tmp_path: Path) -> None:
    done = run("status", "--json")
    assert done.exit_code == 0
    assert json.loads(done.stdout) == {
        "server": tracked.uri,
        "writable": True,
        "waiting": 0,
        "oldest_seconds": 0.0,
        "refused": 0,
        "spool": str(tmp_path / "spool"),
        "spooling": False,
    }


def test_status_says_it_to_people_too(tracked: LittleServer) -> None:
    done = run("status")
    assert done.exit_code == 0
    lines = dict(line.split(maxsplit=1) for line in done.stdout.splitlines() if "old" not in line)
    assert (lines["server"], lines["writable"]) == (tracked.uri, "True")


def test_status_exits_with_1_while_the_server_is_away(tracked: LittleServer) -> None:
    tracked.down = True
    done = run("status", "--json")
    assert (done.exit_code, json.loads(done.stdout)["writable"]) == (1, False)


@pytest.mark.parametrize(("refused", "name"), [(False, "waiting"), (True, "refused")])
def test_status_exits_with_1_while_something_is_kept(
    tracked: LittleServer, tmp_path: Path, refused: bool, name: str
) -> None:
    keep(tmp_path, tracked.uri, refused=refused)
    done = run("status", "--json")
    told = json.loads(done.stdout)
    assert (done.exit_code, told["waiting"], told["refused"]) == (1, 1 - refused, int(refused))
    assert told[name] == 1
    assert (told["oldest_seconds"] > 0) is (not refused) or told["oldest_seconds"] == 0.0


def test_status_of_an_address_of_another_kind_looks_at_no_server(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "sqlite:///mlflow.db")
    current.cache_clear()
    done = run("status", "--json")
    told = json.loads(done.stdout)
    assert (done.exit_code, told["server"], told["writable"]) == (0, "sqlite:///mlflow.db", None)


def test_a_damaged_spool_is_told_without_a_stack_trace(
    tracked: LittleServer, tmp_path: Path
) -> None:
    folder = Folder(tmp_path / "spool", tracked.uri)
    (folder.path / "spool.db").write_bytes(b"nothing of ours" * 100)
    done = run("status")
    assert done.exit_code == 1
    assert "mlflow-ha doctor" in done.stderr
    assert "Traceback" not in done.output


def test_health_without_the_extra_says_how_to_install_it(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [n for n in sys.modules if n.startswith("mlflow_ha.health.")]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "uvicorn", None)
    done = run("health")
    assert done.exit_code == 1
    assert "pip install 'mlflow-ha[health]'" in done.stderr
    assert "Traceback" not in done.output


@pytest.mark.parametrize("port", ["-1", "65536", "many"])
def test_health_refuses_a_port_that_is_none(port: str) -> None:
    done = run("health", "--port", port)
    assert done.exit_code == 2
    assert port in done.stderr


def test_health_without_a_server_says_what_to_set(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "sqlite:///mlflow.db")
    current.cache_clear()
    done = run("health", "--port", "0")
    assert done.exit_code == 1
    assert "Set MLFLOW_TRACKING_URI" in done.stderr


def test_the_module_is_the_command(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "mlflow_ha.health", "--port", "0"],
        env={
            **os.environ,
            "PYTHONPATH": os.pathsep.join(sys.path),
            "MLFLOW_TRACKING_URI": f"sqlite:///{tmp_path}/mlflow.db",
        },
        capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip
    assert done.returncode == 1
    assert "Set MLFLOW_TRACKING_URI" in done.stderr
    assert "Traceback" not in done.stderr
