"""Proves how a walk lives through its plan: order, healing, books, and what it says when stuck.

What real hosts do is proven in tests/cluster/drills.
"""

from __future__ import annotations

import itertools
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from chaos import targets
from chaos.cli import app
from chaos.clock import Clock
from chaos.ledger.client import ServiceSilent
from chaos.ledger.rest import RestClient
from chaos.progress import Silent
from chaos.walk import command, walk
from chaos.walk.plan import Blow, Episode
from chaos.walk.record import record, summary
from chaos.walk.walk import Walk, WalkStuck, history_in


@pytest.fixture(autouse=True)
def in_a_hurry(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(walk, "FLOWING", 0.5)
    monkeypatch.setattr(walk, "PAUSE_ALLOWED", 0.4)
    monkeypatch.setattr(walk, "ASK_EVERY", 0.02)
    monkeypatch.setattr(walk, "AT_ONCE", 0.02)
    monkeypatch.setattr(walk, "WHOLE_WITHIN", 20.0)


@pytest.fixture
def counting(target: Any) -> Any:
    """The fake target, which fails over once for every blow at a primary."""
    target.log = []
    make = target.fault

    def fault(verb: str, role: str) -> Any:
        made = make(verb, role)
        inject, heal = made.inject, made.heal
        made.inject = lambda: (target.log.append(f"{verb} {role}"), inject())
        made.heal = lambda: (target.log.append(f"heal {role}"), heal())
        return made

    target.fault = fault
    target.failovers = lambda: 1 + sum("primary" in entry for entry in target.log)
    return target


def plan(*blows: Blow) -> Iterator[Episode]:
    return (Episode(n, "by hand", 0.0, blows) for n in itertools.count(1))


def walked(target: Any, folder: Path, *blows: Blow, episodes: int = 1) -> dict[str, Any]:
    clock = Clock()
    client = RestClient(target.front_door(), prefix="walk", threads=2)
    with history_in(folder / "walk") as history:
        run = Walk(target, client, history, clock, Silent(), 2)
        stuck = None
        try:
            run.run(plan(*blows), enough=lambda walk: len(walk.told) >= episodes)
        except WalkStuck as error:
            stuck = str(error)
        found = record(5, run.told, run.books(), seconds=1.0, stuck=stuck)
    client.close()
    return found


def test_faults_fall_and_heal_at_their_times_whichever_came_first(
    counting: Any, tmp_path: Path
) -> None:
    found = walked(
        counting,
        tmp_path,
        Blow("freeze", "etcd-leader", lasts=0.4),
        Blow("freeze", "primary", at=0.1, lasts=0.1),
    )
    assert counting.log == [
        "freeze etcd-leader",
        "freeze primary",
        "heal primary",
        "heal etcd-leader",
    ]
    assert found["verdict"] == "passed"
    assert (found["failovers"], found["primary_hangs"], found["etcd_leader_hangs"]) == (2, 1, 1)
    assert found["client"]["acknowledged"] > 0


def test_a_lost_write_fails_the_walk_and_is_named(
    counting: Any, mlflow: Any, tmp_path: Path
) -> None:
    mlflow.forgets = {2}  # the first after the source of the model versions
    found = walked(counting, tmp_path, Blow("crash", "primary"))
    assert found["verdict"] == "failed"
    assert found["client"]["lost"] == len(found["client"]["keys"]["lost"]) == 1


def test_a_doubled_write_fails_the_walk(counting: Any, mlflow: Any, tmp_path: Path) -> None:
    mlflow.doubles = {2}
    found = walked(counting, tmp_path, Blow("crash", "primary"))
    assert (found["verdict"], found["client"]["duplicated"]) == ("failed", 1)


def test_a_service_that_does_not_become_whole_ends_the_walk_healed(
    counting: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(walk, "WHOLE_WITHIN", 0.5)
    counting.missing = lambda: ["db-2 is not streaming"]
    found = walked(counting, tmp_path, Blow("freeze", "primary", lasts=0.1))
    assert found["verdict"] == "failed"
    assert "db-2 is not streaming" in found["stuck"]
    assert counting.active == []


def test_an_interrupted_walk_heals_what_it_broke(counting: Any, tmp_path: Path) -> None:
    make = counting.fault

    def interrupted() -> None:
        raise KeyboardInterrupt

    def fault(verb: str, role: str) -> Any:
        made = make(verb, role)
        made.landed = interrupted
        return made

    counting.fault = fault
    with pytest.raises(KeyboardInterrupt):
        walked(counting, tmp_path, Blow("freeze", "primary", lasts=60))
    assert counting.log == ["freeze primary", "heal primary"]
    assert counting.active == []


def test_walks_add_up(counting: Any, tmp_path: Path) -> None:
    one = walked(counting, tmp_path, Blow("crash", "primary"), episodes=2)
    kept = {"result": one, "commit": "c0ffee", "date": "2026-01-01T00:00:00+00:00"}
    both = summary([kept, kept])
    assert both["walks"] == 2
    assert both["failovers"] == 2 * one["failovers"] == 4
    assert both["acknowledged"] == 2 * one["client"]["acknowledged"]
    assert both["outages"]["by hand"]["count"] == 4


@pytest.fixture
def invoke(counting: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.setattr(targets, "open_target", lambda *_: counting)
    monkeypatch.setattr(command, "episodes", lambda _seed: plan(Blow("crash", "primary")))
    monkeypatch.setattr(command, "EVIDENCE", tmp_path / "evidence.json")
    monkeypatch.setattr(command, "EACH", tmp_path / "each")

    def run(*arguments: str) -> Any:
        return CliRunner().invoke(app, ["walk", "--out", str(tmp_path / "out"), *arguments])

    return run


def test_a_walk_ends_after_enough_failovers_and_tells_its_seed(invoke: Any, tmp_path: Path) -> None:
    done = invoke("--failovers", "2", "--seed", "41", "--threads", "2")
    assert done.exit_code == 0, done.output
    assert re.search(
        r"passed +seed 41: 2 failovers, \d+ acknowledged, 0 lost, 0 doubled", done.stderr
    )
    [folder] = (tmp_path / "out").iterdir()
    assert json.loads((folder / "walk.json").read_text())["seed"] == 41
    assert not (tmp_path / "evidence.json").exists()


def test_evidence_grows_with_every_walk(
    invoke: Any, mlflow: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folders = (tmp_path / "out" / name for name in "ab")
    monkeypatch.setattr(command, "new_folder", lambda _base: next(folders))
    for _ in range(2):
        done = invoke("--failovers", "1", "--threads", "2", "--evidence")
        assert done.exit_code == 0, done.output
        mlflow.runs.clear()  # the fake knows one experiment only
        mlflow.versions.clear()
    result = json.loads((tmp_path / "evidence.json").read_text())["result"]
    assert (result["walks"], result["failovers"]) == (2, 2)
    assert len(list((tmp_path / "each").iterdir())) == 2


def test_a_walk_that_lost_something_is_exit_code_1(invoke: Any, mlflow: Any) -> None:
    mlflow.forgets = {2}
    done = invoke("--failovers", "1", "--threads", "2")
    assert done.exit_code == 1
    assert "1 lost" in done.stderr


def test_a_walk_that_is_not_read_back_is_exit_code_1(
    invoke: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    def silent(_client: RestClient) -> None:
        raise ServiceSilent("no answer to searches in 300 s")

    monkeypatch.setattr(RestClient, "read_back", silent)
    done = invoke("--failovers", "1", "--threads", "2")
    assert done.exit_code == 1
    assert "nothing is known of the writes: no answer to searches" in done.stderr


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        ([], "no end: add --minutes"),
        (["--failovers", "1"], "not whole to begin with: db-2 is away"),
    ],
)
def test_a_walk_that_cannot_start_is_exit_code_2(
    invoke: Any, counting: Any, arguments: list[str], told: str
) -> None:
    counting.missing = lambda: ["db-2 is away"]
    done = invoke(*arguments)
    assert done.exit_code == 2
    assert told in " ".join(done.stderr.split())
