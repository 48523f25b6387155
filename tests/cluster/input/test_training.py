"""An ordinary training script works against the cluster, also while its primary is killed.

What a training run loses or doubles when a request's answer is lost is left to the drills.
"""

from __future__ import annotations

import os
import signal
from pathlib import Path

import pytest

from local.cluster import Cluster
from tests.cluster.input.training import CALM_SECONDS, training, unique

pytestmark = pytest.mark.cluster

# The stock client sleeps 0, 0, 4, 8, 16, 32 s between attempts: an outage of 5 s looks like 12.
KILLED_SECONDS = 240
# At 20 to 50 ms each, some seconds of training are left when the primary dies.
MANY_ROUNDS = 150
KILL_AT_ROUND = 20


def test_a_training_script_logs_registers_and_loads_back_its_model(
    cluster: Cluster, tmp_path: Path
) -> None:
    """train.py compares the predictions itself, and exits 0 only if all are equal."""
    with training(cluster, tmp_path, name=unique("training"), rounds=10) as script:
        output = script.finish(within=CALM_SECONDS)

        assert script.rounds_done == script.rounds
        assert "predictions: 450 equal" in output
        assert script.found("version") == "1"
        assert script.found("url").startswith(f"{cluster.endpoint}/#/experiments/")


def test_a_training_script_survives_the_death_of_the_primary_under_it(
    cluster: Cluster, tmp_path: Path
) -> None:
    """With the stock client, whose retries are what a 503 asks for."""
    name = unique("training-killed")
    with training(cluster, tmp_path, name=name, rounds=MANY_ROUNDS) as script:
        primary = cluster.primary()
        assert primary is not None, "the cluster has no primary to kill"
        postmaster = cluster.postmaster_pid(primary)
        assert postmaster, f"{primary.name} leads, but has no postmaster to kill"
        script.wait_for_round(KILL_AT_ROUND, within=CALM_SECONDS)
        before = script.rounds_done

        os.kill(postmaster, signal.SIGKILL)

        script.finish(within=KILLED_SECONDS)
        assert not Path(f"/proc/{postmaster}").exists(), f"postmaster {postmaster} still lives"
        assert KILL_AT_ROUND <= before < MANY_ROUNDS, f"the kill came after round {before}"
        assert script.rounds_done == MANY_ROUNDS
        assert script.found("version") == "1", "a repeated registration made a second version"
