"""Nothing overtakes what was logged, a fork doubles nothing, and `flush` and the end send it."""

import os
from collections.abc import Iterator
from typing import Any

import pytest
from mlflow.exceptions import MlflowException
from mlflow_ha import control, settings
from mlflow_ha.coalescing import collectors
from mlflow_ha.coalescing.line import CoalescingLine
from mlflow_ha.errors import TrackingUnavailable
from mlflow_ha.lines import line_to
from mlflow_ha.message import Message
from mlflow_ha.stores import Line

from tests.unit.client.coalescing.said import metric, param
from tests.unit.client.little_server import LittleServer

API = "/api/2.0/mlflow"
RUN = "0" * 31 + "1"


@pytest.fixture(autouse=True)
def coalescing(
    anew: None,
    monkeypatch: pytest.MonkeyPatch,
    little: LittleServer,
    request: pytest.FixtureRequest,
) -> Iterator[None]:
    """On, and nothing is sent by itself within a test."""
    del anew
    monkeypatch.setenv("MLFLOW_HA_COALESCE", "1")
    monkeypatch.setenv("MLFLOW_HA_COALESCE_SECONDS", "60")
    monkeypatch.setenv("MLFLOW_HA_DEADLINE", "5")
    monkeypatch.setenv("MLFLOW_BASE_DELAY", "0.01")
    monkeypatch.setenv("MLFLOW_TRACKING_URI", little.uri)
    if getattr(request, "param", "") == "spool":
        monkeypatch.setenv("MLFLOW_HA_SPOOL", "1")
    settings.current.cache_clear()
    yield
    little.down = False
    collectors.close_all()


@pytest.fixture
def line(little: LittleServer) -> Line:
    made = line_to(little.uri)
    assert isinstance(made, CoalescingLine)
    body = {"experiment_id": "0", "run_name": "r"}
    made.call(Message("CreateRun", "POST", f"{API}/runs/create", body))
    return made


both = pytest.mark.parametrize("coalescing", ["plain", "spool"], indirect=True)


def values(little: LittleServer) -> list[Any]:
    return [value for _, _, value in little.metrics]


@both
def test_a_read_of_the_run_finds_what_was_logged(line: Line, little: LittleServer) -> None:
    for step in range(20):
        line.call(metric(RUN, "m", step))
    assert values(little) == []
    line.call(Message("GetRun", "GET", f"{API}/runs/get", {"run_id": RUN}))
    assert values(little) == list(range(20))
    assert little.seen.count(f"POST {API}/runs/log-batch") == 1


@both
def test_a_read_of_no_run_in_particular_finds_what_was_logged_to_any(
    line: Line, little: LittleServer
) -> None:
    line.call(metric(RUN, "m", 1))
    body = {"filter": "tags.x = 'y'", "experiment_ids": ["0"]}
    line.call(Message("SearchRuns", "POST", f"{API}/runs/search", body))
    assert values(little) == [1]


@both
def test_flush_sends_it_and_tells_what_was_refused(line: Line, little: LittleServer) -> None:
    for message in (param(RUN, "p", "1"), param(RUN, "p", "2"), metric(RUN, "m", 1)):
        line.call(message)
    with pytest.raises(MlflowException, match="params do not change"):
        control.flush(5)
    assert values(little) == [1]
    assert control.flush(5)


def test_flush_says_when_something_still_waits(line: Line, little: LittleServer) -> None:
    line.call(metric(RUN, "m", 1))
    little.down = True
    assert not control.flush(0.2)
    little.down = False
    assert control.flush(5)
    assert values(little) == [1]


@both
def test_the_end_of_the_process_sends_it(line: Line, little: LittleServer) -> None:
    line.call(metric(RUN, "m", 1))
    collectors.close_all()
    assert values(little) == [1]


@both
def test_a_call_is_told_what_an_earlier_one_was_refused_and_is_done_itself(
    line: Line, little: LittleServer
) -> None:
    for value in ("1", "2"):
        line.call(param(RUN, "p", value))
    with pytest.raises(MlflowException, match="params do not change"):
        line.call(Message("GetRun", "GET", f"{API}/runs/get", {"run_id": RUN}))
    assert little.seen[-1] == f"GET {API}/runs/get"
    line.call(metric(RUN, "m", 1))


def test_without_a_spool_a_server_that_stays_away_is_said_and_nothing_is_dropped(
    line: Line, little: LittleServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    line.call(metric(RUN, "m", 1))
    little.down = True
    monkeypatch.setenv("MLFLOW_HA_DEADLINE", "0.2")
    settings.current.cache_clear()
    with pytest.raises(TrackingUnavailable):
        line.call(Message("GetRun", "GET", f"{API}/runs/get", {"run_id": RUN}))
    little.down = False
    assert control.flush(5)
    assert values(little) == [1]


@pytest.mark.parametrize("coalescing", ["spool"], indirect=True)
def test_with_a_spool_a_server_that_is_away_holds_nobody_up(
    line: Line, little: LittleServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MLFLOW_HA_SPOOL_PATIENCE", "0.05")
    settings.current.cache_clear()
    little.down = True
    for step in range(50):
        line.call(metric(RUN, "m", step))
    body = {"run_id": RUN, "status": "FINISHED"}
    line.call(Message("UpdateRun", "POST", f"{API}/runs/update", body))
    queued = control.status().queued
    assert queued == 51  # call by call, so that one that is refused takes no other with it


@both
def test_a_forked_child_sends_its_own_and_the_parent_its_own(
    line: Line, little: LittleServer
) -> None:
    line.call(metric(RUN, "m", 1))
    child = os.fork()
    if not child:
        code = 1
        try:
            line.call(metric(RUN, "m", 2))
            collectors.close_all()
            code = 0
        finally:
            os._exit(code)
    _, status = os.waitpid(child, 0)
    assert status == 0
    assert values(little) == [2]
    line.call(metric(RUN, "m", 3))
    assert control.flush(5)
    assert values(little) == [2, 1, 3]
