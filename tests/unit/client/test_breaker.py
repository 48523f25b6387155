"""The circuit breaker does what its diagram says, for any order of events and from many threads.

That a call is really kept from the server is in test_sender.py.
"""

import asyncio
import itertools
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)
from mlflow_ha.breaker import MLflowCircuitBreaker, Permit, State
from mlflow_ha.errors import CircuitBreakerOpenError


class Clock:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def opened(clock: Clock, threshold: int = 2) -> MLflowCircuitBreaker:
    breaker = MLflowCircuitBreaker(threshold, 60, clock=clock)
    for _ in range(threshold):
        breaker.failed(permit_of(breaker))
    return breaker


def permit_of(breaker: MLflowCircuitBreaker) -> Permit:
    permit = breaker.admit()
    assert permit is not None
    return permit


def test_failures_in_a_row_open_it_and_time_half_opens_it() -> None:
    clock = Clock()
    breaker = opened(clock)
    assert breaker.state == "OPEN"
    assert breaker.admit() is None
    assert breaker.retry_after == 60
    clock.now = 60
    assert breaker.admit() is not None
    assert breaker.state == "HALF_OPEN"


def test_a_success_while_closed_forgives_what_failed_before() -> None:
    breaker = MLflowCircuitBreaker(2, 60)
    breaker.failed(permit_of(breaker))
    breaker.succeeded(permit_of(breaker))
    breaker.failed(permit_of(breaker))
    assert breaker.state is State.CLOSED


def test_a_probe_that_saw_the_server_half_opens_it_early() -> None:
    breaker = opened(Clock())
    breaker.half_open()
    assert breaker.admit() is not None


def test_half_open_lets_one_of_fifty_threads_through() -> None:
    breaker = opened(Clock())
    breaker.half_open()
    together = threading.Barrier(50)

    def attempt(_: int) -> Permit | None:
        together.wait()
        return breaker.admit()

    with ThreadPoolExecutor(50) as pool:
        permits = [p for p in pool.map(attempt, range(50)) if p]
    assert len(permits) == 1
    breaker.succeeded(permits[0])
    assert breaker.state is State.CLOSED


def test_a_failed_probe_call_opens_it_again_for_the_whole_time() -> None:
    clock = Clock()
    breaker = opened(clock)
    clock.now = 60
    breaker.failed(permit_of(breaker))
    assert breaker.state is State.OPEN
    assert breaker.retry_after == 60


def test_a_call_from_before_the_opening_closes_nothing() -> None:
    breaker = MLflowCircuitBreaker(1, 60)
    slow, quick = permit_of(breaker), permit_of(breaker)
    breaker.failed(quick)
    breaker.succeeded(slow)
    assert breaker.state is State.OPEN


def test_a_forgotten_probe_call_frees_its_place() -> None:
    breaker = opened(Clock())
    breaker.half_open()
    breaker.forget(permit_of(breaker))
    assert breaker.admit() is not None


def test_who_waits_is_woken_when_the_server_is_back() -> None:
    breaker = MLflowCircuitBreaker(1, 60)
    breaker.failed(permit_of(breaker))
    threading.Timer(0.05, breaker.half_open).start()
    waited = threading.Event()

    def wait() -> None:
        breaker.wait(30)
        waited.set()

    threading.Thread(target=wait, daemon=True).start()
    assert waited.wait(5)


def test_who_waits_is_not_kept_beyond_the_recovery_timeout() -> None:
    breaker = MLflowCircuitBreaker(1, 0.1)
    breaker.failed(permit_of(breaker))
    begun = time.monotonic()
    breaker.wait(30)
    assert time.monotonic() - begun < 5
    assert breaker.admit() is not None


def test_each_change_is_told_once() -> None:
    told: list[str] = []
    breaker = MLflowCircuitBreaker(1, 60, on_change=told.append)
    breaker.failed(permit_of(breaker))
    breaker.half_open()
    breaker.succeeded(permit_of(breaker))
    assert told == ["OPEN", "HALF_OPEN", "CLOSED"]


def test_changes_are_told_in_their_order_from_whichever_thread_they_come() -> None:
    told = ["CLOSED"]

    def slow(state: State) -> None:
        time.sleep(0.0005)  # so that another thread has something to tell meanwhile
        told.append(state)

    breaker = MLflowCircuitBreaker(1, 60, on_change=slow)

    def work(_: int) -> None:
        for turn in range(40):
            breaker.half_open()
            if permit := breaker.admit():
                (breaker.failed if turn % 2 else breaker.succeeded)(permit)

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(work, range(8)))
    steps = set(itertools.pairwise(told))
    assert steps <= {
        ("CLOSED", "OPEN"),
        ("OPEN", "HALF_OPEN"),
        ("HALF_OPEN", "CLOSED"),
        ("HALF_OPEN", "OPEN"),
    }
    assert told[-1] == breaker.state
    assert len(told) > 20


async def test_it_can_be_wrapped_around_a_coroutine() -> None:
    breaker = MLflowCircuitBreaker(failure_threshold=2, recovery_timeout=60)

    async def fail() -> None:
        await asyncio.sleep(0)
        raise ConnectionError

    async def answer() -> str:
        return "yes"

    for _ in range(2):
        with pytest.raises(ConnectionError):
            await breaker.call_with_circuit_breaker(fail)
    assert breaker.state == "OPEN"
    with pytest.raises(CircuitBreakerOpenError, match="MLflow service unavailable"):
        await breaker.call_with_circuit_breaker(answer)
    breaker.half_open()
    assert await breaker.call_with_circuit_breaker(answer) == "yes"
    assert breaker.state == "CLOSED"
    assert breaker.failure_count == 0


@pytest.mark.parametrize(("threshold", "timeout"), [(0, 60), (5, 0)])
def test_bounds_are_refused_with_what_to_use(threshold: int, timeout: float) -> None:
    with pytest.raises(ValueError, match="Use 5 and 60"):
        MLflowCircuitBreaker(threshold, timeout)


class AnyOrder(RuleBasedStateMachine):
    """Calls begin and end, time passes, probes succeed: in any order."""

    def __init__(self) -> None:
        super().__init__()
        self.clock = Clock()
        self.breaker = MLflowCircuitBreaker(3, 60, clock=self.clock)
        self.under_way: list[tuple[Permit, State]] = []

    @rule()
    def begin(self) -> None:
        before = self.breaker.state
        waited = self.breaker.retry_after <= 0
        permit = self.breaker.admit()
        if before is State.CLOSED:
            assert permit is not None
        if before is State.OPEN and not waited:
            assert permit is None
        if permit:
            self.under_way.append((permit, self.breaker.state))

    @precondition(lambda self: self.under_way)
    @rule(data=st.data(), outcome=st.sampled_from(["succeeded", "failed", "forget"]))
    def end(self, data: st.DataObject, outcome: str) -> None:
        at = data.draw(st.integers(0, len(self.under_way) - 1))
        permit, began_in = self.under_way.pop(at)
        before = self.breaker.state
        getattr(self.breaker, outcome)(permit)
        if before is State.OPEN:
            assert self.breaker.state is State.OPEN
        if before is State.HALF_OPEN and began_in is State.CLOSED:
            assert self.breaker.state is State.HALF_OPEN

    @rule(seconds=st.sampled_from([1.0, 59.0, 60.0]))
    def time_passes(self, seconds: float) -> None:
        self.clock.now += seconds

    @rule()
    def server_is_seen(self) -> None:
        self.breaker.half_open()
        assert self.breaker.state is not State.OPEN

    @invariant()
    def never_two_calls_while_half_open(self) -> None:
        if self.breaker.state is State.HALF_OPEN:
            generation = self.breaker._generation
            assert sum(p.generation == generation for p, _ in self.under_way) <= 1

    @invariant()
    def closed_means_below_the_threshold(self) -> None:
        if self.breaker.state is State.CLOSED:
            assert self.breaker.failure_count < 3


def test_it_keeps_its_rules_in_any_order_of_events() -> None:
    run_state_machine_as_test(
        AnyOrder,
        settings=hypothesis_settings(max_examples=60, stateful_step_count=40, deadline=None),
    )
