"""Proves on a real cluster that drills pass where they should and fail where they must.

Distributions come from `python -m chaos evidence`; here each drill runs once.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from chaos.plan import QUICK
from local.cluster import Cluster

pytestmark = pytest.mark.cluster

ROOT = Path(__file__).parents[3]
LONGEST_DRILL = 420


def drill(name: str, folder: Path) -> tuple[int, dict[str, Any]]:
    """Run one drill as scripts do; the `cluster` fixture set the environment."""
    command = [sys.executable, "-m", "chaos", "run", name, "--json", "-", "--out", str(folder)]
    done = subprocess.run(
        command, cwd=ROOT, stdout=subprocess.PIPE, check=False, timeout=LONGEST_DRILL
    )
    [found] = json.loads(done.stdout)
    return done.returncode, found


@pytest.mark.parametrize("name", QUICK)
def test_the_service_survives(name: str, cluster: Cluster, tmp_path: Path) -> None:
    code, found = drill(name, tmp_path)
    if found["verdict"] == "skipped":
        pytest.skip(found["reason"])
    assert found["verdict"] == "passed", found["reason"]
    assert code == 0
    assert found["client"]["acknowledged"] > 0
    assert found["outage_seconds"] <= found["objective_seconds"]
    assert cluster.missing() == []
    for client in ("shim", "shim-spool"):
        books = found["crews"][client]
        assert books["acknowledged"] == books["attempted"] > 0, books
        assert (books["lost"], books["duplicated"]) == (0, 0), books
    assert found["crews"]["stock"]["acknowledged"] > 0


def test_the_negative_control_fails_because_the_objective_is_missed(
    cluster: Cluster, tmp_path: Path
) -> None:
    code, found = drill("negative-control", tmp_path)
    assert code == 1
    assert found["verdict"] == "failed"
    assert found["failings"] == ["objective_missed"], found["reason"]
    assert found["outage_seconds"] > found["objective_seconds"]
    assert (found["client"]["lost"], found["client"]["duplicated"]) == (0, 0)
    assert cluster.missing() == []
