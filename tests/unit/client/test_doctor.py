"""The doctor finds what is wrong, says what to do, and exits with 1; each finding beside its opposite."""

import json
import shutil
from collections import namedtuple
from collections.abc import Callable
from email.message import Message as Metadata
from importlib.metadata import EntryPoint, EntryPoints, entry_points
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from mlflow.version import VERSION
from mlflow_ha.cli import main
from mlflow_ha.settings import current
from mlflow_ha.spool.folder import Folder

from tests.unit.client.little_server import LittleServer

OURS = EntryPoint("http", "mlflow_ha.plugin:tracking_store", "mlflow.tracking_store")
THEIRS = EntryPoint("http", "other.plugin:store", "mlflow.tracking_store")
PASSES = "ok", ""


def metadata(python: str = ">=3.11", mlflow: str = ">=3.12,<3.18") -> Metadata:
    declared = Metadata()
    declared["Requires-Python"] = python
    declared["Requires-Dist"] = "click<9,>=8"
    declared["Requires-Dist"] = f"mlflow-skinny{mlflow}"
    return declared


def claimed(monkeypatch: pytest.MonkeyPatch, *points: EntryPoint) -> None:
    """Have MLflow find these under `http`, and everything else as ever."""

    def found(**asked: str) -> Any:
        if asked == {"group": "mlflow.tracking_store", "name": "http"}:
            return EntryPoints(points)
        return entry_points(**asked)

    monkeypatch.setattr("importlib.metadata.entry_points", found)


@pytest.fixture(autouse=True)
def sound(little: LittleServer, monkeypatch: pytest.MonkeyPatch) -> LittleServer:
    """All is as it should be; the package counts as installed, which it is not here."""
    monkeypatch.setenv("MLFLOW_TRACKING_URI", little.uri)
    monkeypatch.setenv("MLFLOW_HA_SPOOL", "1")
    claimed(monkeypatch, OURS)
    monkeypatch.setattr("importlib.metadata.metadata", lambda _: metadata())
    current.cache_clear()
    return little


def examined() -> tuple[int, dict[str, tuple[str, str]]]:
    """Return the exit code and what was found, by name."""
    done = CliRunner().invoke(main, ["doctor", "--json"])
    found = json.loads(done.stdout)
    return done.exit_code, {one["name"]: (one["verdict"], one["says"]) for one in found}


def test_all_is_well(sound: LittleServer) -> None:
    code, found = examined()
    assert code == 0
    assert {verdict for verdict, _ in found.values()} == {"ok"}
    assert list(found) == [
        "not disabled",
        "MLflow finds the plugin",
        *[name for name in found if name.startswith("Python ")],
        f"MLflow {VERSION} is tested",
        f"{sound.uri} takes writes",
        "the server accepts the credentials",
        "the server tells repeated requests apart",
        "the spool can be written",
        "the spool is private",
        "there is room for the spool",
        "nothing foreign is in the spool",
        "no spool was set aside",
    ]


def test_it_speaks_to_people_line_by_line(sound: LittleServer) -> None:
    done = CliRunner().invoke(main, ["doctor"])
    assert done.exit_code == 0
    assert f"ok   {sound.uri} takes writes\n" in done.stdout


def found_wrong(name: str) -> str:
    code, found = examined()
    wrong = {n: says for n, (verdict, says) in found.items() if verdict == "FAIL"}
    assert list(wrong) == [name]
    assert code == 1
    return wrong[name]


def test_a_disabled_package_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MLFLOW_HA_DISABLE", "1")
    assert "unset it" in found_wrong("not disabled")


@pytest.mark.parametrize(
    ("points", "says"), [([], "pip install mlflow-ha"), ([OURS, THEIRS], "other.plugin:store")]
)
def test_a_plugin_that_mlflow_does_not_use_is_found(
    monkeypatch: pytest.MonkeyPatch, points: list[EntryPoint], says: str
) -> None:
    claimed(monkeypatch, *points)
    assert says in found_wrong("MLflow finds the plugin")


def test_an_mlflow_that_was_not_tested_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("importlib.metadata.metadata", lambda _: metadata(mlflow="<3.1"))
    assert "<3.1" in found_wrong(f"MLflow {VERSION} is tested")


def test_a_python_that_was_not_tested_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("importlib.metadata.metadata", lambda _: metadata(python=">=9"))
    monkeypatch.setattr("platform.python_version", lambda: "3.8.1")
    assert ">=9" in found_wrong("Python 3.8.1 is tested")


def test_a_server_that_is_away_is_found(sound: LittleServer) -> None:
    sound.down = True
    assert "network" in found_wrong(f"{sound.uri} takes writes")
    _, found = examined()
    assert found["the server tells repeated requests apart"][0] == "note"


def test_credentials_that_are_not_accepted_are_found(sound: LittleServer) -> None:
    sound.faults.append("401")
    assert "MLFLOW_TRACKING_USERNAME" in found_wrong("the server accepts the credentials")


def test_a_server_that_cannot_tell_repeats_apart_is_noted(sound: LittleServer) -> None:
    sound.keys = False
    code, found = examined()
    verdict, says = found["the server tells repeated requests apart"]
    assert (code, verdict) == (0, "note")
    assert "by a tag" in says


def test_an_address_of_another_kind_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "sqlite:///mlflow.db")
    current.cache_clear()
    assert "set MLFLOW_TRACKING_URI" in found_wrong("tracking URI")


def test_a_spool_that_is_off_is_noted_and_looked_at(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("MLFLOW_HA_SPOOL")
    current.cache_clear()
    code, found = examined()
    assert (code, found["the spool is used"][0]) == (0, "note")
    assert found["the spool can be written"][0] == "ok"


def unwritable(root: Path, _: str) -> None:
    root.write_text("a file where the folder should be")


def on_nfs(_: Path, __: str) -> None:
    """The kind of file system is set by the test itself."""


def open_to_others(root: Path, _: str) -> None:
    root.mkdir()
    root.chmod(0o777)


def with_a_foreign_file(root: Path, server: str) -> None:
    (Folder(root, server).path / "notes.txt").write_text("mine")


def with_something_set_aside(root: Path, server: str) -> None:
    (Folder(root, server).set_aside / "1").mkdir()


@pytest.mark.parametrize(
    ("spoil", "name", "says"),
    [
        (unwritable, "the spool can be written", "Set MLFLOW_HA_SPOOL_DIR"),
        (on_nfs, "the spool can be written", "is on nfs4"),
        (open_to_others, "the spool is private", "chmod go-w"),
        (with_a_foreign_file, "nothing foreign is in the spool", "notes.txt"),
        (with_something_set_aside, "no spool was set aside", "set-aside"),
    ],
)
def test_a_spool_that_is_not_sound_is_found(  # noqa: PLR0917  (pytest names them)
    sound: LittleServer,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    spoil: Callable[[Path, str], None],
    name: str,
    says: str,
) -> None:
    spoil(tmp_path / "spool", sound.uri)
    if spoil is on_nfs:
        monkeypatch.setattr("mlflow_ha.spool.folder.network_filesystem", lambda _: "nfs4")
    assert says in found_wrong(name)


def test_a_disk_that_is_nearly_full_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    usage = namedtuple("usage", "total used free")  # noqa: PYI024  (as shutil has it)
    monkeypatch.setattr(shutil, "disk_usage", lambda _: usage(2**30, 2**30 - 2**20, 2**20))
    assert "1 MiB are free" in found_wrong("there is room for the spool")


def test_settings_that_cannot_be_used_are_told_without_a_stack_trace(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("MLFLOW_CB_RECOVERY_TIMEOUT", "5")
    current.cache_clear()
    done = CliRunner().invoke(main, ["doctor"])
    assert done.exit_code == 1
    assert "MLFLOW_CB_RECOVERY_TIMEOUT='5'" in done.stderr
    assert "Traceback" not in done.output
