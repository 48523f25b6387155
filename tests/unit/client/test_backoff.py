"""Pauses between attempts grow, are random over their whole length, and end at a cap.

Attempts are made on a server that fails on request; most pauses are noted instead of slept.
"""

import random
import time
from collections.abc import Iterator

import pytest
from mlflow.exceptions import RestException
from mlflow_ha.message import Message
from mlflow_ha.repetition import LONGEST_PAUSE
from mlflow_ha.sender import Sender
from mlflow_ha.settings import MLflowSettings

from tests.unit.client.little_server import LittleServer

CALLS = 40
FAULTS = 6


def get_run() -> Message:
    return Message("GetRun", "GET", "/api/2.0/mlflow/runs/get", {"run_id": "x"})


@pytest.fixture
def failing() -> Iterator[LittleServer]:
    with LittleServer() as running:
        running.runs["x"] = {"info": {"run_id": "x"}}
        yield running


def sender_to(server: LittleServer, base: float) -> Sender:
    settings = MLflowSettings(
        max_retries=FAULTS, retry_delay=base, circuit_breaker_failure_threshold=20
    )
    return Sender(server.uri, settings)


def test_pauses_have_full_jitter_below_a_bound_that_doubles_up_to_a_cap(
    failing: LittleServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    pauses: list[float] = []
    monkeypatch.setattr("tenacity.nap.time.sleep", pauses.append)
    random.seed(2026)  # so that the spread is the same in each run
    sender = sender_to(failing, base=2.0)
    for _ in range(CALLS):
        failing.faults.extend(["503"] * FAULTS)
        assert sender.call(get_run())
    assert len(failing.seen) == CALLS * (FAULTS + 1)
    for attempt in range(FAULTS):
        bound = min(LONGEST_PAUSE, 2.0 * 2**attempt)
        seen = pauses[attempt::FAULTS]
        assert len(seen) == CALLS
        assert max(seen) <= bound
        assert max(seen) > 0.75 * bound, "not over the whole length"
        assert min(seen) < 0.25 * bound, "not over the whole length"


def test_the_server_sees_no_attempt_before_its_pause_is_over(
    failing: LittleServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    pauses: list[float] = []
    sleep = time.sleep

    def noted(seconds: float) -> None:
        pauses.append(seconds)
        sleep(seconds)

    monkeypatch.setattr("tenacity.nap.time.sleep", noted)
    failing.faults.extend(["503"] * FAULTS)
    sender_to(failing, base=0.02).call(get_run())
    assert len(pauses) == FAULTS
    gaps = [
        later - earlier for earlier, later in zip(failing.times, failing.times[1:], strict=False)
    ]
    assert all(gap >= pause for gap, pause in zip(gaps, pauses, strict=True))


@pytest.mark.parametrize("status", ["400", "401", "403", "404", "409", "422"])
def test_what_cannot_be_cured_by_waiting_is_not_repeated(
    failing: LittleServer, status: str
) -> None:
    failing.faults.append(status)
    with pytest.raises(RestException):
        sender_to(failing, base=2.0).call(get_run())
    assert len(failing.seen) == 1
