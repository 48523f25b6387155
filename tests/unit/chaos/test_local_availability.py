"""Proves that availability is counted at fixed instants, and that late and refused count as failed."""

from __future__ import annotations

import itertools
import json
import time
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from chaos import targets
from chaos.cli import app
from chaos.clock import Clock
from chaos.ledger.client import ServiceSilent
from chaos.target import FrontDoor
from chaos.walk import availability as command
from chaos.walk import walk
from chaos.walk.availability import paced
from chaos.walk.outing import Outing
from chaos.walk.plan import Blow, Episode
from chaos.walk.prober import Prober

CRASH = (Blow("crash", "primary"),)


def probed(mlflow: Any, seconds: float, *, answer_within: float = 2.0) -> Prober:
    with Prober(
        FrontDoor(mlflow.url, "admin", "secret"), every=0.05, answer_within=answer_within
    ) as prober:
        time.sleep(seconds)
    return prober


def test_every_answer_is_counted(mlflow: Any) -> None:
    prober = probed(mlflow, 0.5)
    assert prober.counts == {"answered": prober.asked}
    assert prober.asked > 3


def test_an_outage_does_not_make_probes_rarer(mlflow: Any) -> None:
    with Prober(FrontDoor(mlflow.url, "admin", "secret"), every=0.05, answer_within=0.3) as prober:
        mlflow.mode = "slow"
        time.sleep(0.8)
    assert "answered" not in prober.counts or prober.counts["answered"] < 3
    assert prober.counts["ReadTimeout"] > 8  # a client that waits could have asked three times


def test_a_refusal_is_told_by_its_status(mlflow: Any) -> None:
    mlflow.mode = "up"
    with Prober(FrontDoor(mlflow.url, "admin", "secret"), every=0.05) as prober:
        mlflow.mode = "refuse"
        time.sleep(0.4)
    assert prober.counts["503"] > 3


def test_without_a_service_there_is_nothing_to_count() -> None:
    prober = Prober(FrontDoor("http://127.0.0.1:9", "admin", "secret"))
    with pytest.raises(ServiceSilent, match="no run for the probes"):
        prober.__enter__()


def test_episodes_come_at_their_pace_whatever_the_last_one_took() -> None:
    plan = (Episode(n, "by hand", 3.0, CRASH) for n in itertools.count(1))
    steps = paced(plan, 0.3, Clock())
    first = next(steps)
    time.sleep(first.rest + 0.1)  # it took a third of the pace
    assert first.rest == pytest.approx(0.3, abs=0.1)
    second = next(steps)
    assert second.rest == pytest.approx(0.2, abs=0.1)
    time.sleep(second.rest + 0.5)  # it took longer than the pace
    assert next(steps).rest == 0.0


def test_a_window_is_measured_and_kept(
    target: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    target.failovers = lambda: 1
    monkeypatch.setattr(targets, "open_target", lambda *_: target)
    monkeypatch.setattr(command, "EVIDENCE", tmp_path / "evidence.json")
    monkeypatch.setattr(command, "episodes", lambda _seed: iter([Episode(1, "x", 0.0, CRASH)] * 2))
    monkeypatch.setattr(command, "paced", lambda plan, _every, _clock: plan)
    monkeypatch.setattr(command, "EVERY", 0.5)
    monkeypatch.setattr(walk, "FLOWING", 0.5)
    monkeypatch.setattr(walk, "PAUSE_ALLOWED", 0.4)
    ended = iter([False, True])
    monkeypatch.setattr(
        command,
        "Outing",
        lambda seed, plan, _enough, threads, folder: Outing(
            seed, plan, lambda _walk: next(ended), threads, folder
        ),
    )
    done = CliRunner().invoke(app, ["availability", "--evidence", "--out", str(tmp_path / "out")])
    assert done.exit_code == 0, done.output
    result = json.loads((tmp_path / "evidence.json").read_text())["result"]
    assert result["faults"] == 1
    assert result["asked"] == result["answered"] + sum(result["not_answered"].values()) > 0
    assert result["promised_percent"] == 99.9
