"""What the breaker keeps from the server is counted there: connections taken, requests seen.

The server is a small real one; each request is a connection of its own.
"""

import statistics
import time
from collections.abc import Callable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait

import pytest
from mlflow_ha.deadline import Deadline
from mlflow_ha.errors import CircuitBreakerOpenError, TrackingUnavailable
from mlflow_ha.message import Message
from mlflow_ha.sender import Sender
from mlflow_ha.settings import MLflowSettings

from tests.unit.client.little_server import LittleServer

THREADS = 50
CALLS = 300
AT_MOST_SECONDS = 0.01
"""The objective for a call that is not tried."""


def get_run() -> Message:
    return Message("GetRun", "GET", "/api/2.0/mlflow/runs/get", {"run_id": "x"})


@pytest.fixture
def single() -> Iterator[LittleServer]:
    with LittleServer(keep_alive=False) as running:
        running.runs["x"] = {"info": {"run_id": "x"}}
        yield running
        running.gate.set()


def sender_to(server: LittleServer, **settings: object) -> Sender:
    # No probe of its own comes between: the tests say when the server is seen.
    quiet = {"probe_interval": 60, "retry_delay": 0.01, "deadline": 30, **settings}
    return Sender(server.uri, MLflowSettings(**quiet))  # type: ignore[arg-type]  # by field names


def opened(server: LittleServer, **settings: object) -> Sender:
    """Return a sender whose breaker the server itself has opened."""
    sender = sender_to(server, **settings)
    server.down = True
    while sender.server.breaker.state != "OPEN":
        with pytest.raises(TrackingUnavailable):
            sender.send(get_run(), Deadline.after(0.2))
    return sender


def wait_until(true: Callable[[], bool], what: str) -> None:
    until = time.monotonic() + 30
    while not true():
        assert time.monotonic() < until, what
        time.sleep(0.01)


def test_half_open_fifty_threads_make_one_connection(single: LittleServer) -> None:
    sender = opened(single, fail_fast=True)
    single.down = False
    single.gate.clear()  # the one that gets through is kept there
    before = single.connections
    sender.server.breaker.half_open()
    with ThreadPoolExecutor(THREADS) as pool:
        calls: list[Future[object]] = [pool.submit(sender.call, get_run()) for _ in range(THREADS)]
        refused: set[Future[object]] = set()
        while len(refused) < THREADS - 1:
            done, _ = wait(set(calls) - refused, timeout=30, return_when=FIRST_COMPLETED)
            assert done, f"{len(refused)} of {THREADS} were refused"
            refused |= done
        assert sender.server.breaker.state == "HALF_OPEN"
        wait_until(lambda: single.connections > before, "no call got through")
        assert single.connections == before + 1
        single.gate.set()
        (let_through,) = set(calls) - refused
        assert let_through.result(timeout=30)
    assert {type(call.exception()) for call in refused} == {CircuitBreakerOpenError}
    assert single.connections == before + 1
    assert sender.server.breaker.state == "CLOSED"


def test_half_open_fifty_patient_threads_wait_for_the_one(single: LittleServer) -> None:
    sender = opened(single)
    single.down = False
    single.gate.clear()
    before = single.connections
    breaker = sender.server.breaker
    breaker.half_open()
    with ThreadPoolExecutor(THREADS) as pool:
        calls = [pool.submit(sender.call, get_run()) for _ in range(THREADS)]
        waiting = breaker._changed._waiters  # type: ignore[attr-defined]  # who waits, nobody else tells
        wait_until(lambda: len(waiting) == THREADS - 1, "not all others wait")
        wait_until(lambda: single.connections > before, "no call got through")
        assert single.connections == before + 1
        single.gate.set()
        assert all(call.result(timeout=60) for call in calls)
    assert single.connections == before + THREADS
    assert breaker.state == "CLOSED"


def test_a_failed_probe_call_keeps_all_others_from_the_server(single: LittleServer) -> None:
    sender = opened(single, fail_fast=True)
    before = single.connections
    sender.server.breaker.half_open()
    with ThreadPoolExecutor(THREADS) as pool:
        calls = [pool.submit(sender.call, get_run()) for _ in range(THREADS)]
        errors = [call.exception(timeout=60) for call in calls]
    assert {type(error) for error in errors} == {CircuitBreakerOpenError}
    assert single.connections == before + 1
    assert sender.server.breaker.state == "OPEN"


@pytest.mark.parametrize("why", ["fail_fast", "spent_deadline"])
def test_what_may_not_wait_is_answered_at_once_without_a_connection(
    single: LittleServer, why: str, capsys: pytest.CaptureFixture[str]
) -> None:
    sender = opened(single, fail_fast=why == "fail_fast")
    before = single.connections
    took = []
    for _ in range(CALLS):
        deadline = Deadline.after(30 if why == "fail_fast" else 0)
        begun = time.perf_counter()
        with pytest.raises(CircuitBreakerOpenError):
            sender.send(get_run(), deadline)
        took.append(time.perf_counter() - begun)
    assert single.connections == before
    median = statistics.median(took)
    with capsys.disabled():
        print(f"\n{why}: median of {CALLS} calls {median * 1000:.3f} ms")
    assert median < AT_MOST_SECONDS


def test_a_spent_deadline_costs_no_connection_while_it_is_closed_either(
    single: LittleServer,
) -> None:
    with pytest.raises(CircuitBreakerOpenError, match="its time was up"):
        sender_to(single).send(get_run(), Deadline.after(0))
    assert single.connections == 0


def test_an_error_says_all_that_helps(single: LittleServer) -> None:
    sender = opened(single, fail_fast=True)
    named = Sender(single.uri.replace("//", "//me:secret@"), MLflowSettings(fail_fast=True))
    assert named.server is sender.server
    with pytest.raises(CircuitBreakerOpenError) as told:
        named.call(get_run())
    assert (told.value.state, told.value.server, told.value.queued) == ("OPEN", single.uri, 0)
    assert 0 < told.value.retry_after <= 60
    text = str(told.value)
    for part in (
        f"MLflow at {single.uri} is unavailable",
        "GetRun was not tried: the server did not answer others",
        "The circuit breaker is OPEN",
        f"tried again within {told.value.retry_after:.0f} s",
        "Nothing is queued",
        "Repeat the call later",
        "MLFLOW_HA_SPOOL=1",
    ):
        assert part in text
    assert "secret" not in text


@pytest.mark.parametrize(
    "said",
    [
        "QueuePool limit of size 5 overflow 10 reached, connection timed out, timeout 30.00",
        "(psycopg2.errors.ReadOnlySqlTransaction) cannot execute INSERT in a read-only transaction",
    ],
)
def test_a_stock_servers_400_about_its_database_counts_as_503(
    single: LittleServer, said: str
) -> None:
    sender = sender_to(single, circuit_breaker_failure_threshold=3)
    single.faults.extend([f"400 {said}"] * 2)
    assert sender.call(get_run())
    assert len(single.seen) == 3
    single.faults.extend([f"400 {said}"] * 3)
    with pytest.raises(TrackingUnavailable):
        sender.send(get_run(), Deadline.after(5))
    assert sender.server.breaker.state == "OPEN"
