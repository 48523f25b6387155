"""The circuit breaker: who may call a server that was seen to fail.

    CLOSED ──(failure_threshold failures in a row)──► OPEN
    OPEN ──(recovery_timeout, or a probe that succeeded)──► HALF_OPEN, one call is let through
    HALF_OPEN ──(it succeeded)──► CLOSED
    HALF_OPEN ──(it failed)──► OPEN

The lock guards the state alone and is never held during a call. What a call that began before the
last change of state reports is not counted: it says nothing about the server as it is now.
"""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import TypeVar

from mlflow_ha.errors import CircuitBreakerOpenError

T = TypeVar("T")


class State(StrEnum):
    """Of a breaker; equal to their names as text."""

    CLOSED = "CLOSED"
    OPEN = "OPEN"
    HALF_OPEN = "HALF_OPEN"


@dataclass(frozen=True)
class Permit:
    """The right to make one call; hand it back with what became of it."""

    generation: int


class MLflowCircuitBreaker:
    """One per server.

    Args:
        failure_threshold: Failures in a row until it opens.
        recovery_timeout: Seconds it stays open at most before one call is let through.
        server: Named in errors, without credentials.
        clock: Monotonic seconds.
        on_change: Told each new state, in their order, while nobody is kept from the breaker.
    """

    def __init__(
        self,
        failure_threshold: int = 5,
        recovery_timeout: float = 60,
        *,
        server: str = "the tracking server",
        clock: Callable[[], float] = time.monotonic,
        on_change: Callable[[State], None] = lambda _state: None,
    ) -> None:
        if failure_threshold < 1 or recovery_timeout <= 0:
            raise ValueError(
                f"failure_threshold {failure_threshold} and recovery_timeout {recovery_timeout}: "
                "at least one failure opens a breaker, and it closes after some time. Use 5 and 60"
            )
        self.failure_threshold = failure_threshold
        self.recovery_timeout = recovery_timeout
        self.server = server
        self.failure_count = 0
        self.last_failure_time: float | None = None
        self._clock = clock
        self._on_change = on_change
        self._state = State.CLOSED
        self._generation = 0
        self._probe_is_out = False
        self._changed = threading.Condition(threading.Lock())
        self._untold: deque[State] = deque()
        self._telling = threading.RLock()

    @property
    def state(self) -> State:
        return self._state

    @property
    def retry_after(self) -> float:
        """Seconds until a call is let through, unless a probe succeeds before."""
        if self._state is not State.OPEN or self.last_failure_time is None:
            return 0.0
        return max(0.0, self.last_failure_time + self.recovery_timeout - self._clock())

    def admit(self) -> Permit | None:
        """Return a permit, or None where the server is to be left alone for now."""
        with self._changed:
            if self._state is State.OPEN and self.retry_after <= 0:
                self._enter(State.HALF_OPEN)
            permit = self._permit()
        self._tell()
        return permit

    def _permit(self) -> Permit | None:
        if self._state is State.OPEN or self._probe_is_out:
            return None
        self._probe_is_out = self._state is State.HALF_OPEN
        return Permit(self._generation)

    def succeeded(self, permit: Permit) -> None:
        """The server answered, with whatever: it is there."""
        with self._changed:
            if permit.generation == self._generation:
                self.failure_count = 0
                self._probe_is_out = False
                if self._state is State.HALF_OPEN:
                    self._enter(State.CLOSED)
        self._tell()

    def failed(self, permit: Permit) -> None:
        """The server could not be reached, or could not serve."""
        with self._changed:
            if permit.generation == self._generation:
                self.failure_count += 1
                self.last_failure_time = self._clock()
                probing = self._state is State.HALF_OPEN
                if probing or self.failure_count >= self.failure_threshold:
                    self._enter(State.OPEN)
        self._tell()

    def forget(self, permit: Permit) -> None:
        """The call never came to an end that says anything about the server."""
        with self._changed:
            if permit.generation == self._generation:
                self._probe_is_out = False
                self._changed.notify_all()

    def half_open(self) -> None:
        """A probe has seen the server answer: let one call through before the time is up."""
        with self._changed:
            if self._state is State.OPEN:
                self._enter(State.HALF_OPEN)
        self._tell()

    def reset(self) -> None:
        """Begin anew, as if the server had never failed."""
        with self._changed:
            self.failure_count = 0
            self._enter(State.CLOSED)
        self._tell()

    def wait(self, seconds: float) -> None:
        """Return when a permit may be had, or after `seconds`."""
        end = self._clock() + seconds
        with self._changed:
            while (left := min(end - self._clock(), self._until_a_permit(seconds))) > 0:
                self._changed.wait(left)

    def _until_a_permit(self, at_most: float) -> float:
        """Seconds, or the most that may be waited where only an event can say it."""
        if self._state is State.OPEN:
            return self.retry_after
        return at_most if self._probe_is_out else 0.0

    def _enter(self, state: State) -> None:
        if state is not self._state:
            self._untold.append(state)
        self._state = state
        self._generation += 1
        self._probe_is_out = False
        self._changed.notify_all()

    def _tell(self) -> None:
        # Not under the lock of the state, and yet in order: who comes meanwhile finds it told.
        if self._untold:
            with self._telling:
                while self._untold:
                    self._on_change(self._untold.popleft())

    async def call_with_circuit_breaker(self, operation: Callable[[], Awaitable[T]]) -> T:
        """Await `operation()`, unless the server is known to be away.

        Any exception counts as a failure of the server here: this breaker cannot know better.

        Raises:
            CircuitBreakerOpenError: Not tried.
        """
        permit = self.admit()
        if permit is None:
            raise CircuitBreakerOpenError(
                "MLflow service unavailable",
                server=self.server,
                state=self.state,
                retry_after=self.retry_after,
            )
        try:
            result = await operation()
        except Exception:
            self.failed(permit)
            raise
        except BaseException:  # cancelled: nothing was learnt
            self.forget(permit)
            raise
        self.succeeded(permit)
        return result
