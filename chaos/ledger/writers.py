"""Threads that register things one after another, each create sent once."""

from __future__ import annotations

import itertools
import threading

from chaos.clock import Clock
from chaos.ledger.client import KINDS, Client
from chaos.ledger.history import History
from chaos.ledger.operation import NEWCOMER, Operation

PAUSE_AFTER_FAILURE = 0.1
"""A refused connection answers in microseconds: without a pause a dead service would fill the
history, and a dying one would be hammered."""

NEWCOMER_INTERVAL = 1.0
"""Each second one more client arrives, on a connection of its own. When a balancer dies, every
writer may wait for an answer on a dead connection until its timeout; only who arrives later can
tell when the service is back. Without newcomers the outage would be the timeout (seen: 10.0 s)."""


class WritersStuck(Exception):  # noqa: N818  a finding, not a defect of the program
    """Some writers did not stop; their last create is in nobody's books."""


class Writers:
    """`threads` writers that share a history, and a newcomer every second."""

    def __init__(self, client: Client, history: History, clock: Clock, *, threads: int) -> None:
        self.threads = threads
        self._client = client
        self._history = history
        self._clock = clock
        self._stop = threading.Event()
        self._probes = itertools.count()
        self._running: list[threading.Thread] = []
        self._doorman: threading.Thread | None = None

    def start(self) -> None:
        """Start writing.

        Raises:
            RuntimeError: They have been started before.
        """
        if self._doorman is not None:
            raise RuntimeError("writers were started before. Start them once per drill")
        for number in range(self.threads):
            thread = threading.Thread(
                target=self._write, args=(number,), name=f"writer-{number}", daemon=True
            )
            self._running.append(thread)
            thread.start()
        self._doorman = threading.Thread(target=self._let_in, name="newcomers", daemon=True)
        self._doorman.start()

    def stop(self, within: float) -> None:
        """Let every writer finish the create it is in, and no other.

        Args:
            within: Seconds to wait; longer than the client's timeout.

        Raises:
            WritersStuck: Some still wait for an answer.
        """
        self._stop.set()
        deadline = self._clock.now() + within
        if self._doorman is not None:
            self._doorman.join(max(0.0, deadline - self._clock.now()))
        for thread in self._running:
            thread.join(max(0.0, deadline - self._clock.now()))
        if stuck := [thread.name for thread in self._running if thread.is_alive()]:
            raise WritersStuck(
                f"{', '.join(stuck)} still waited {within:g} s after being stopped, a client must "
                "give up earlier. Lower its timeout"
            )

    def write_once(self) -> Operation:
        """One create in the caller's thread, recorded like all others."""
        return self._create(KINDS[0], f"probe-{next(self._probes)}", self.threads)

    def _write(self, thread: int) -> None:
        for number in itertools.count():
            if self._stop.is_set():
                return
            kind = KINDS[(number + thread) % len(KINDS)]
            operation = self._create(kind, f"w{thread}-{number}", thread)
            if not operation.acknowledged:
                self._stop.wait(PAUSE_AFTER_FAILURE)

    def _let_in(self) -> None:
        for number in itertools.count():
            if self._stop.wait(NEWCOMER_INTERVAL):
                return
            newcomer = threading.Thread(
                target=self._create,
                args=(KINDS[0], f"{NEWCOMER}{number}", self.threads),
                kwargs={"fresh": True},
                name=f"{NEWCOMER}{number}",
                daemon=True,
            )
            self._running = [thread for thread in self._running if thread.is_alive()]
            self._running.append(newcomer)
            newcomer.start()

    def _create(self, kind: str, key: str, thread: int, *, fresh: bool = False) -> Operation:
        invoked = self._clock.now()
        answer = self._client.create(kind, key, thread, fresh=fresh)
        operation = Operation(
            key=key,
            kind=kind,
            thread=thread,
            invoked=invoked,
            completed=self._clock.now(),
            at=round(self._clock.wall_at(invoked), 6),
            outcome=answer.outcome,
            status=answer.status,
            request_id=answer.request_id,
            detail=answer.detail,
        )
        self._history.append(operation)
        return operation
