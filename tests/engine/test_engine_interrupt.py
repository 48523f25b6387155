"""Ctrl-C in the middle of an `up` leaves no process, no lock and a state that the next run goes on from."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.engine.conftest import SHELF
from tools.engine.command import ROOT
from tools.engine.session import recorded

PROGRAM = """
import signal
import sys
from pathlib import Path
from tools.engine.session import recorded
from tools.recording_provider.faults import Fault

# Tests may run where Ctrl-C is ignored, as in the background of a shell.
signal.signal(signal.SIGINT, signal.default_int_handler)
with recorded("small", program=Path(sys.argv[1]), folder=Path(sys.argv[2])) as engine:
    engine.suffer([Fault(name="subnet", delay_seconds=120)])
    engine.up()
"""
DEADLINE = 60


def until_asked(journal: Path, process: subprocess.Popen[bytes]) -> None:
    """Wait until it is the subnet's turn: its network exists, and its own creation is held up."""
    for _ in range(DEADLINE * 2):
        assert process.poll() is None, "the run ended before it could be interrupted"
        if journal.exists() and '"name": "subnet"' in journal.read_text(encoding="utf-8"):
            return
        time.sleep(0.5)
    pytest.fail(f"the subnet was not asked for in {DEADLINE} s")


def members(group: int) -> list[str]:
    """The processes of a group that still run: a zombie is dead, only not yet buried."""
    command = ["ps", "-o", "stat=,args=", "-g", str(group)]
    listed = subprocess.run(command, capture_output=True, text=True, check=False)
    return [line for line in listed.stdout.splitlines() if not line.startswith("Z")]


def test_an_interrupted_up_leaves_nothing_behind_and_the_next_one_goes_on(tmp_path: Path) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", PROGRAM, SHELF, tmp_path],
        cwd=ROOT,
        start_new_session=True,
        stderr=subprocess.DEVNULL,
    ) as process:
        until_asked(tmp_path / "requests.jsonl", process)
        os.killpg(process.pid, signal.SIGINT)
        code = process.wait(DEADLINE)
    assert code == -signal.SIGINT, "Python's own code for an interrupted program"
    assert not members(process.pid)

    with recorded("small", program=SHELF, folder=tmp_path) as engine:
        engine.suffer([])
        resumed = engine.up()
        assert resumed.succeeded, resumed.output
        assert "vpc" in resumed.names("same"), "what was made before Ctrl-C was forgotten"
