"""Metrics say what the calls of this process came to and what waits, as Prometheus reads them.

Each is brought about by a small real server, and read back from the text that is exposed.
"""

import os
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import prometheus_client
import pytest
from mlflow.exceptions import RestException
from mlflow_ha import calls, metrics
from mlflow_ha.deadline import Deadline
from mlflow_ha.errors import CircuitBreakerOpenError, OutcomeUnknown, TrackingUnavailable
from mlflow_ha.message import Message
from mlflow_ha.sender import Sender
from mlflow_ha.settings import MLflowSettings, current
from mlflow_ha.spool.keeper import keeper_to
from mlflow_ha.spool.line import SpoolLine
from prometheus_client.parser import text_string_to_metric_families

from tests.unit.client.forked import succeeds_in_a_child
from tests.unit.client.little_server import LittleServer

API = "/api/2.0/mlflow"
AT_MOST_SECONDS = 0.0001
"""What counting may add to a call."""


@pytest.fixture(autouse=True)
def counting() -> None:
    metrics.start()


def get_run() -> Message:
    return Message("GetRun", "GET", f"{API}/runs/get", {"run_id": "x"})


def create_run() -> Message:
    body = {"experiment_id": "0", "run_name": "r"}
    return Message("CreateRun", "POST", f"{API}/runs/create", body)


@pytest.fixture
def little() -> Iterator[LittleServer]:
    with LittleServer() as running:
        running.runs["x"] = {"info": {"run_id": "x"}}
        yield running


def sender_to(server: LittleServer, **settings: object) -> Sender:
    quick = {"retry_delay": 0.01, "probe_interval": 60, "deadline": 5, **settings}
    return Sender(server.uri, MLflowSettings(**quick))  # type: ignore[arg-type]  # by field names


def exposed(name: str, **labels: str) -> float | None:
    """Return a sample of the exposed text, None where there is none."""
    registry = prometheus_client.CollectorRegistry()
    registry.register(metrics.Metrics())
    text = prometheus_client.generate_latest(registry).decode()
    for family in text_string_to_metric_families(text):
        for sample in family.samples:
            if sample.name == name and labels.items() <= sample.labels.items():
                return sample.value
    return None


def test_calls_are_counted_by_what_became_of_them(little: LittleServer) -> None:
    sender = sender_to(little, max_retries=1, circuit_breaker_failure_threshold=20)
    sender.call(get_run())
    sender.call(get_run())
    little.faults.append("404")
    with pytest.raises(RestException):
        sender.call(get_run())
    little.faults.extend(["500"] * 2)
    with pytest.raises(RestException):
        sender.call(get_run())
    little.down = True
    with pytest.raises(TrackingUnavailable):
        sender.send(get_run(), Deadline.after(0.2))
    told = {
        outcome: exposed("mlflow_ha_calls_total", api="GetRun", outcome=outcome)
        for outcome in ("answered", "refused", "failed", "unavailable")
    }
    assert told == {"answered": 2, "refused": 1, "failed": 1, "unavailable": 1}
    labels = {"server": little.uri, "api": "GetRun"}
    assert exposed("mlflow_ha_call_seconds_count", **labels) == 5
    assert exposed("mlflow_ha_call_seconds_bucket", le="300.0", **labels) == 5


def test_what_was_not_tried_is_told_apart(little: LittleServer) -> None:
    sender = sender_to(little, circuit_breaker_failure_threshold=1, fail_fast=True)
    little.down = True
    for _ in range(3):
        with pytest.raises(TrackingUnavailable):
            sender.call(get_run())
    assert exposed("mlflow_ha_calls_total", outcome="not_tried") == 3
    assert len(little.seen) == 1


def test_transfers_are_one_kind_of_call(little: LittleServer) -> None:
    sender_to(little).repeat("sending a file with any name", lambda: None, Deadline.after(1))
    assert exposed("mlflow_ha_calls_total", api="Artifact", outcome="answered") == 1


def test_attempts_after_the_first_are_counted(little: LittleServer) -> None:
    little.faults.extend(["503", "503"])
    sender_to(little).call(get_run())
    sender_to(little).call(get_run())
    assert exposed("mlflow_ha_retries_total", api="GetRun", server=little.uri) == 2


def test_the_breaker_and_availability_follow_the_server(little: LittleServer) -> None:
    sender = sender_to(little, circuit_breaker_failure_threshold=2)
    sender.call(get_run())
    assert exposed("mlflow_ha_available", server=little.uri) == 1
    little.down = True
    with pytest.raises(TrackingUnavailable):
        sender.send(get_run(), Deadline.after(0.2))
    assert exposed("mlflow_ha_available", server=little.uri) == 0
    states = {s: exposed("mlflow_ha_breaker_state", state=s) for s in ("CLOSED", "OPEN")}
    assert states == {"CLOSED": 0, "OPEN": 1}
    little.down = False
    sender.server.breaker.half_open()
    assert exposed("mlflow_ha_breaker_state", state="HALF_OPEN") == 1
    sender.call(get_run())
    assert exposed("mlflow_ha_available", server=little.uri) == 1


def test_availability_is_told_without_a_breaker_too(little: LittleServer) -> None:
    sender = sender_to(little, enable_circuit_breaker=False, max_retries=0)
    sender.call(get_run())
    assert exposed("mlflow_ha_available") == 1
    little.down = True
    with pytest.raises(TrackingUnavailable):
        sender.send(get_run(), Deadline.after(0.1))
    assert exposed("mlflow_ha_available") == 0


def test_a_repeated_create_that_was_answered_before_is_counted(little: LittleServer) -> None:
    little.faults.extend(["ok", "lose"])
    sender_to(little).call(create_run())
    assert exposed("mlflow_ha_duplicates_suppressed_total", api="CreateRun") == 1
    sender_to(little).call(create_run())
    assert exposed("mlflow_ha_duplicates_suppressed_total", api="CreateRun") == 1


def test_what_a_stock_server_was_found_to_have_made_already_is_counted() -> None:
    with LittleServer(keys=False) as stock:
        stock.faults.extend(["ok", "lose"])
        sender_to(stock).call(create_run())
        assert exposed("mlflow_ha_duplicates_suppressed_total", server=stock.uri) == 1


def test_what_waits_its_age_and_what_was_replayed(
    little: LittleServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in {
        "MLFLOW_TRACKING_URI": little.uri,
        "MLFLOW_HA_SPOOL": "1",
        "MLFLOW_HA_SPOOL_PATIENCE": "0.02",
        "MLFLOW_HA_PROBE_INTERVAL": "0.05",
        "MLFLOW_BASE_DELAY": "0.01",
    }.items():
        monkeypatch.setenv(name, value)
    current.cache_clear()
    line = SpoolLine(little.uri)
    little.down = True
    run = line.call(create_run())["run"]["info"]["run_id"]
    for step in range(3):
        body = {"run_id": run, "key": "loss", "value": float(step), "timestamp": 1, "step": step}
        line.call(Message("LogMetric", "POST", f"{API}/runs/log-metric", body))
    assert exposed("mlflow_ha_queued", server=little.uri) == 4
    age = exposed("mlflow_ha_queue_oldest_seconds", server=little.uri)
    assert age is not None
    assert 0 < age < 60
    little.down = False
    assert keeper_to(little.uri).worker.flush(30)
    assert exposed("mlflow_ha_queued", server=little.uri) == 0
    assert exposed("mlflow_ha_queue_oldest_seconds", server=little.uri) == 0
    assert exposed("mlflow_ha_replayed_total", server=little.uri) == 4


def test_a_spool_that_cannot_be_read_leaves_the_rest(
    little: LittleServer, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    broken = tmp_path / "spool" / "0123"
    broken.mkdir(parents=True)
    (broken / "server").write_text(little.uri)
    (broken / "spool.db").write_bytes(b"nothing of ours" * 100)
    sender_to(little).call(get_run())
    assert exposed("mlflow_ha_calls_total", outcome="answered") == 1
    assert exposed("mlflow_ha_queued") is None
    assert "mlflow-ha doctor" in caplog.text


def test_a_forked_child_counts_from_zero_though_a_lock_was_held(little: LittleServer) -> None:
    sender_to(little).call(get_run())
    counts = metrics._counted()

    def counts_one() -> bool:
        with calls.told("http://127.0.0.1:1", "GetRun"):
            pass
        return exposed("mlflow_ha_calls_total", api="GetRun") == 1

    with metrics._lock, counts.calls._lock:
        assert succeeds_in_a_child(counts_one)


def test_counting_can_begin_twice_and_counts_once(little: LittleServer) -> None:
    metrics.start()
    sender_to(little).call(get_run())
    assert exposed("mlflow_ha_calls_total", api="GetRun") == 1


@pytest.mark.parametrize("counted", [True, False])
def test_what_counting_adds_to_a_call_is_small(
    counted: bool, capsys: pytest.CaptureFixture[str]
) -> None:
    if not counted:
        metrics.stop()
    took = []
    for _ in range(2000):
        begun = time.perf_counter()
        with calls.told("http://127.0.0.1:1", "GetRun"):
            pass
        took.append(time.perf_counter() - begun)
    median = statistics.median(took)
    with capsys.disabled():
        print(f"\ncounted={counted}: median {median * 1e6:.1f} µs a call")
    assert median < AT_MOST_SECONDS


def test_a_client_that_was_not_asked_to_count_never_loads_the_library() -> None:
    script = (
        "import sys\nimport mlflow_ha.sender, mlflow_ha.spool.keeper\n"
        "assert not {'prometheus_client', 'mlflow_ha.metrics', 'mlflow_ha.alerts'} & set(sys.modules)"
    )
    subprocess.run(
        [sys.executable, "-c", script],
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
        check=True, timeout=120,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("error", "outcome"),
    [
        (
            CircuitBreakerOpenError("x", server="s", state="OPEN", retry_after=1),
            "not_tried",
        ),
        (TrackingUnavailable("x", server="s", state="OPEN", retry_after=1), "unavailable"),
        (OutcomeUnknown("CreateRun", server="s"), "unknown"),
        (RestException({"error_code": "INVALID_PARAMETER_VALUE", "message": "x"}), "refused"),
        (RestException({"error_code": "INTERNAL_ERROR", "message": "x"}), "failed"),
        (ValueError("x"), "failed"),
        (KeyboardInterrupt(), "interrupted"),
    ],
)
def test_an_error_is_an_outcome(error: BaseException, outcome: str) -> None:
    assert calls.outcome_of(error) == outcome
