"""A disk that fills up, and files that are damaged or another's: nothing acknowledged is lost.

A file that cannot be read is set aside with a message; it is never deleted.
"""

import contextlib
import fcntl
import json
import os
import shutil
import sqlite3
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from bench.client_kills.zygote import Ended
from tests.cluster.client.conftest import Reached
from tests.cluster.client.environment import Ready
from tests.cluster.client.working import PROMPT, Working, wait_until_acknowledged

SIZE = "6m"
"""SQLite's write-ahead log alone takes up to four before it is written back."""


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of a few megabytes."""
    if os.geteuid() != 0:
        pytest.skip("only root can mount a small disk")
    disk = tmp_path / "disk"
    disk.mkdir()
    subprocess.run(
        ["mount", "-t", "tmpfs", "-o", f"size={SIZE}", "tmpfs", str(disk)], check=True, timeout=10
    )
    yield disk
    subprocess.run(["umount", str(disk)], check=True, timeout=10)


def test_a_full_disk_is_told_and_what_was_acknowledged_is_sent(
    ready: Ready, ours: Reached, small_disk: Path
) -> None:
    spool = {"MLFLOW_HA_SPOOL": "1", "MLFLOW_HA_SPOOL_DIR": str(small_disk / "spool")}
    with ours.door.closed():
        script = ready.start("filling", "filling", small_disk, **PROMPT, **ours.variables, **spool)
        told = json.loads(script.succeeded())
    for error in (told["full"], told["file"]):
        assert "SpoolError" in error
        assert str(small_disk) in error
        assert "Free space" in error
    assert 0 < told["refused at"] < told["steps"][-1]
    # The replay has no room for its own notes either: it waits, and loses nothing.
    ballast = small_disk / "ballast"
    ballast.write_bytes(bytes(1))
    fill(ballast)
    blocked = ready.command("flush", "--timeout", "3", **ours.variables, **spool)
    assert blocked.returncode == 1, blocked.stdout + blocked.stderr
    ballast.unlink()
    done = ready.command("flush", "--timeout", "120", **ours.variables, **spool)
    assert done.returncode == 0, done.stdout + done.stderr
    run = ours.contents.run("filling", "filling")
    history = ours.contents.history(run["info"]["run_id"], "m")
    assert [int(m.get("step", 0)) for m in history] == told["steps"]
    assert set(ours.contents.files(run["info"]["artifact_uri"])) == {"small.bin"}
    files = next((small_disk / "spool").glob("*/files"))
    assert list(files.iterdir()) == []


def fill(file: Path) -> None:
    """Write to a file until there is no room."""
    with file.open("ab", buffering=0) as growing, contextlib.suppress(OSError):
        while True:
            growing.write(bytes(512))


def test_a_disk_that_fills_up_does_not_stop_who_needs_no_spool(
    ready: Ready, ours: Reached, small_disk: Path, tmp_path: Path
) -> None:
    """While the server is there, what it was told is told to the script, whatever the disk says."""
    spool = {"MLFLOW_HA_SPOOL": "1", "MLFLOW_HA_SPOOL_DIR": str(small_disk / "spool")}
    work = Working(ours, tmp_path, "no-room", actions=60)
    script = work.start(ready, **spool, MLFLOW_HA_SPOOL_PATIENCE=30)
    wait_until_acknowledged(work, 3)
    fill(small_disk / "ballast")
    assert script.code is None, script.output
    script.succeeded()
    assert "disk is full" in script.output
    assert work.findings().none


def plant_foreign(path: Path) -> None:
    with sqlite3.connect(path) as database:
        database.execute("CREATE TABLE treasure (chest TEXT)")
        database.execute("INSERT INTO treasure VALUES ('gold')")
    database.close()


def plant_garbage(path: Path) -> None:
    path.write_bytes(b"this is no database " * 1000)


def damage(path: Path) -> None:
    """Overwrite pages in the middle, as a failing disk does."""
    with sqlite3.connect(path) as database:
        database.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    database.close()
    size = path.stat().st_size
    with path.open("r+b") as file:
        file.seek(4096)
        file.write(b"\xa5" * (size - 4096))


@pytest.mark.parametrize("plant", [plant_foreign, plant_garbage, damage])
def test_a_file_that_cannot_be_read_is_set_aside_and_told(
    ready: Ready,
    ours: Reached,
    spool: dict[str, str],
    tmp_path: Path,
    plant: Callable[[Path], None],
) -> None:
    name = getattr(plant, "__name__", "")
    first = Working(ours, tmp_path, f"before-{name}", actions=3)
    with ours.door.closed():
        first.start(ready, **spool).succeeded()
    database = next(Path(spool["MLFLOW_HA_SPOOL_DIR"]).glob("*/spool.db"))
    if plant is not damage:
        # Kept by whoever put another file there; the copies of files stay.
        shutil.move(database, tmp_path / "elsewhere")
        for rest in database.parent.glob("spool.db-*"):
            rest.unlink()
    plant(database)
    before = database.read_bytes()
    after = Working(ours, tmp_path, f"after-{name}", actions=10)
    with ours.door.closed():
        script = after.start(ready, **spool)
        script.succeeded()
    assert "set aside" in script.output
    (aside,) = (database.parent / "set-aside").iterdir()
    assert str(aside) in script.output
    assert (aside / "spool.db").read_bytes() == before
    done = ready.command("flush", "--timeout", "120", **ours.variables, **spool)
    assert done.returncode == 0, done.stdout + done.stderr
    assert after.findings().none
    checked = ready.command("doctor", **ours.variables, **spool)
    assert checked.returncode == 1
    assert str(aside.parent) in checked.stdout


def test_a_damaged_spool_that_others_use_is_left_to_them(
    ready: Ready, ours: Reached, spool: dict[str, str], tmp_path: Path
) -> None:
    with ours.door.closed():
        Working(ours, tmp_path, "in-use", actions=1).start(ready, **spool).succeeded()
        (database,) = Path(spool["MLFLOW_HA_SPOOL_DIR"]).glob("*/spool.db")
        damage(database)
        # As every process does that uses it.
        with (database.parent / "in-use.lock").open() as held:
            fcntl.flock(held, fcntl.LOCK_SH)
            other = Working(ours, tmp_path, "turned-away", actions=1).start(ready, **spool)
            with pytest.raises(Ended, match="other processes use it"):
                other.succeeded()
        assert list((database.parent / "set-aside").iterdir()) == []
