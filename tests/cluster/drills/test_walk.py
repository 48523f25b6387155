"""Proves that a short random walk on real hosts ends by itself, whole, with its books in order."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from local.cluster import Cluster

pytestmark = pytest.mark.cluster
ROOT = Path(__file__).parents[3]
LONGEST_WALK = 420


def test_a_walk_of_one_failover_loses_nothing(cluster: Cluster, tmp_path: Path) -> None:
    if not cluster.site.layout.isolated:
        pytest.skip("needs root: hosts that share a loopback cannot be cut off")
    command = [sys.executable, "-m", "chaos", "walk", "--seed", "1", "--failovers", "1"]
    done = subprocess.run(
        [*command, "--out", str(tmp_path)], cwd=ROOT, check=False, timeout=LONGEST_WALK
    )
    [path] = tmp_path.glob("*/walk.json")
    found = json.loads(path.read_text())
    assert done.returncode == 0, found["stuck"]
    assert found["failovers"] >= 1
    assert found["client"]["acknowledged"] > 0
    assert (found["client"]["lost"], found["client"]["duplicated"]) == (0, 0)
    assert cluster.missing() == []
