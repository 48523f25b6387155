"""Proves that the stock REST client sends once and tells the outcomes of real HTTP apart."""

from __future__ import annotations

import socket
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from chaos.clock import Clock
from chaos.ledger.client import KINDS, ServiceSilent
from chaos.ledger.history import History
from chaos.ledger.judge import reconcile
from chaos.ledger.operation import Outcome
from chaos.ledger.rest import RestClient
from chaos.ledger.writers import Writers
from chaos.target import FrontDoor


def wait_until(done: Callable[[], bool], within: float = 20) -> None:
    deadline = time.monotonic() + within
    while not done():
        assert time.monotonic() < deadline, f"not within {within} s"
        time.sleep(0.01)


@pytest.fixture
def client(mlflow: Any) -> Iterator[RestClient]:
    door = FrontDoor(mlflow.url, "admin", "secret")
    client = RestClient(door, prefix="drill-t", threads=4, timeout=0.5, patience=0.5)
    client.prepare()
    yield client
    client.close()


@pytest.mark.parametrize(
    ("mode", "outcome", "status"),
    [
        ("up", Outcome.ACKNOWLEDGED, 200),
        ("refuse", Outcome.FAILED, 503),
        ("unknown", Outcome.INDETERMINATE, 503),
        ("broken", Outcome.INDETERMINATE, 500),
        ("reset", Outcome.INDETERMINATE, None),
        ("slow", Outcome.INDETERMINATE, None),
    ],
)
def test_each_ending_of_a_create_has_its_outcome(
    client: RestClient, mlflow: Any, mode: str, outcome: Outcome, status: int | None
) -> None:
    mlflow.mode = mode
    for kind in KINDS:
        answer = client.create(kind, "k", 0)
        assert (answer.outcome, answer.status) == (outcome, status)
        assert bool(answer.detail) == (outcome is not Outcome.ACKNOWLEDGED)
        assert answer.request_id == ("req-1" if status else None)


def test_a_refused_connection_is_a_certain_failure(client: RestClient) -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        door = FrontDoor(f"http://127.0.0.1:{unused.getsockname()[1]}", "a", "b")
        nobody = RestClient(door, prefix="p", threads=1, patience=0.2)
        nobody._ground = client._ground
        assert nobody.create("create_run", "k", 0).outcome is Outcome.FAILED
        nobody._ground = None
        with pytest.raises(ServiceSilent, match=r"up to 0\.2 s .* ConnectError"):
            nobody.prepare()
        nobody.close()


def test_a_create_that_ended_in_a_reset_is_not_sent_again(client: RestClient, mlflow: Any) -> None:
    before = mlflow.creates
    mlflow.mode = "reset"
    client.create("create_run", "k", 0)
    client.create("create_model_version", "l", 0)
    assert mlflow.creates == before + 2


def test_reading_back_pages_through_everything_and_ignores_what_preparing_made(
    client: RestClient,
) -> None:
    for n in range(65):
        client.create("create_run", f"r{n}", n % 4)
        client.create("create_model_version", f"v{n}", n % 4)
    found = client.read_back()
    assert len(found) == found.total() == 130


def test_writers_use_a_new_key_for_every_create_and_stop_at_once(
    client: RestClient, tmp_path: Path
) -> None:
    clock = Clock()
    with History(tmp_path / "h.jsonl") as history:
        writers = Writers(client, history, clock, threads=4)
        assert writers.write_once().acknowledged
        writers.start()
        time.sleep(0.5)
        began = time.monotonic()
        writers.stop(within=5)
        assert time.monotonic() - began < 1
    operations = history.operations()
    books = reconcile(operations, client.read_back())
    assert books.acknowledged == len(operations) > 60 * 0.5
    assert (books.lost, books.duplicated, books.unexpected) == ((), (), ())
    assert {o.kind for o in operations} == {"create_run", "create_model_version"}
    assert all(o.invoked < o.completed for o in operations)


def test_one_hung_request_does_not_hold_back_the_others(
    client: RestClient, mlflow: Any, tmp_path: Path
) -> None:
    with History(tmp_path / "h.jsonl") as history:
        writers = Writers(client, history, Clock(), threads=4)
        mlflow.mode = "slow"
        before = mlflow.arrived
        writers.start()
        wait_until(lambda: mlflow.arrived == before + 4)
        mlflow.mode = "up"
        wait_until(lambda: history.count(Outcome.ACKNOWLEDGED) > 20)
        writers.stop(within=5)
    assert history.count(Outcome.INDETERMINATE) == 4
    assert history.count(Outcome.ACKNOWLEDGED) > 20


def test_newcomers_see_the_service_return_while_every_writer_still_waits(
    mlflow: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("chaos.ledger.writers.NEWCOMER_INTERVAL", 0.1)
    patient = RestClient(FrontDoor(mlflow.url, "a", "b"), prefix="p", threads=2, timeout=5)
    patient.prepare()
    with History(tmp_path / "h.jsonl") as history:
        writers = Writers(patient, history, Clock(), threads=2)
        mlflow.mode = "slow"
        writers.start()
        time.sleep(0.05)
        mlflow.mode = "up"
        time.sleep(0.5)
        early = history.operations()
        writers.stop(within=5)
    patient.close()
    assert {o.thread for o in early} == {2}
    assert all(o.acknowledged for o in early)
    assert len(early) >= 2


def test_the_password_is_in_no_representation() -> None:
    assert "secret" not in repr(FrontDoor("http://x", "admin", "secret"))
