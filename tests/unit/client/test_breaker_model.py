"""The breaker is its diagram: in any order of events it does what ten lines of arithmetic say.

test_breaker.py says what users rely on, one sentence each; this compares every visible value after
every event, and what is told, with a model that has no threads, locks or generations.
"""

from dataclasses import dataclass, field

from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)
from mlflow_ha.breaker import MLflowCircuitBreaker, Permit

RECOVERY = 60


@dataclass
class Model:
    """What a breaker is, told anew; `period` counts its states, to know whose report counts."""

    threshold: int
    state: str = "CLOSED"
    period: int = 0
    failures: int = 0
    failed_at: float = 0.0
    probing: bool = False
    told: list[str] = field(default_factory=list)

    def enter(self, state: str) -> None:
        if state != self.state:
            self.told.append(state)
        self.state, self.period, self.probing = state, self.period + 1, False

    def retry_after(self, now: float) -> float:
        return max(0.0, self.failed_at + RECOVERY - now) if self.state == "OPEN" else 0.0

    def admits(self, now: float) -> bool:
        if self.state == "OPEN" and self.retry_after(now) == 0:
            self.enter("HALF_OPEN")
        if self.state == "OPEN" or self.probing:
            return False
        self.probing = self.state == "HALF_OPEN"
        return True

    def ended(self, outcome: str, now: float) -> None:
        self.probing = False
        if outcome == "succeeded":
            self.failures = 0
            if self.state == "HALF_OPEN":
                self.enter("CLOSED")
        elif outcome == "failed":
            self.failures, self.failed_at = self.failures + 1, now
            if self.state == "HALF_OPEN" or self.failures >= self.threshold:
                self.enter("OPEN")


class LikeItsModel(RuleBasedStateMachine):
    @initialize(threshold=st.integers(1, 20))
    def begin(self, threshold: int) -> None:
        self.now = 0.0
        self.told: list[str] = []
        self.model = Model(threshold)
        self.under_way: list[tuple[Permit, int]] = []
        self.breaker = MLflowCircuitBreaker(
            threshold, RECOVERY, clock=lambda: self.now, on_change=self.told.append
        )

    @rule(calls=st.integers(1, 20))
    def calls_begin(self, calls: int) -> None:
        for _ in range(calls):
            permit = self.breaker.admit()
            assert (permit is not None) is self.model.admits(self.now)
            if permit:
                self.under_way.append((permit, self.model.period))

    @precondition(lambda self: self.under_way)
    @rule(data=st.data(), outcome=st.sampled_from(["succeeded", "failed", "forget"]))
    def a_call_ends(self, data: st.DataObject, outcome: str) -> None:
        at = data.draw(st.integers(0, len(self.under_way) - 1))
        permit, period = self.under_way.pop(at)
        getattr(self.breaker, outcome)(permit)
        if period == self.model.period:
            self.model.ended(outcome, self.now)

    @precondition(lambda self: self.under_way)
    @rule()
    def all_calls_fail(self) -> None:
        for permit, period in self.under_way:
            self.breaker.failed(permit)
            if period == self.model.period:
                self.model.ended("failed", self.now)
        self.under_way.clear()

    @rule(seconds=st.sampled_from([0.5, 30.0, RECOVERY]))
    def time_passes(self, seconds: float) -> None:
        self.now += seconds

    @rule()
    def a_probe_succeeds(self) -> None:
        self.breaker.half_open()
        if self.model.state == "OPEN":
            self.model.enter("HALF_OPEN")

    @rule()
    def someone_resets_it(self) -> None:
        self.breaker.reset()
        self.model.failures = 0
        self.model.enter("CLOSED")

    @invariant()
    def all_that_can_be_seen_is_equal(self) -> None:
        assert (self.breaker.state, self.breaker.failure_count) == (
            self.model.state,
            self.model.failures,
        )
        assert self.breaker.retry_after == self.model.retry_after(self.now)
        assert self.told == self.model.told


def test_it_does_what_its_model_does_in_any_order_of_events() -> None:
    run_state_machine_as_test(
        LikeItsModel,
        settings=hypothesis_settings(max_examples=100, stateful_step_count=40, deadline=None),
    )
