"""Proves on a real cluster that each verdict can fail, and fails for its own reason only."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from local.cluster import Cluster

pytestmark = pytest.mark.cluster
ROOT = Path(__file__).parents[3]
LONGEST_DRILL = 420


@pytest.mark.parametrize(
    ("name", "failing"),
    [
        ("control-lost-write", "lost"),
        ("control-doubled-write", "duplicated"),
        ("control-redundancy", "redundancy_not_restored"),
    ],
)
def test_a_negative_control_fails_for_its_own_reason(
    name: str, failing: str, cluster: Cluster, tmp_path: Path
) -> None:
    command = [sys.executable, "-m", "chaos", "run", name, "--json", "-", "--out", str(tmp_path)]
    done = subprocess.run(
        command, cwd=ROOT, stdout=subprocess.PIPE, check=False, timeout=LONGEST_DRILL
    )
    [found] = json.loads(done.stdout)
    assert done.returncode == 1
    assert found["failings"] == [failing], found["reason"]
    assert cluster.missing() == []
