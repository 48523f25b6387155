"""Ask for one write at fixed instants, whatever became of the last one, and count the answers.

A client that waits for its answer before it asks again asks least while the service is away, and
so finds it better than it is. These probes come at their times.
"""

from __future__ import annotations

import itertools
import threading
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from types import TracebackType
from typing import Self

import httpx

from chaos.ledger.client import ServiceSilent
from chaos.ledger.reading import API
from chaos.ledger.session import session_to
from chaos.target import FrontDoor

EVERY = 0.5
"""Seconds between two probes."""
ANSWER_WITHIN = 2.0
"""Seconds; the promise for a registration. Whatever is answered later counts as failed."""
AT_ONCE = 16
"""Probes under way: more than four times what an outage can gather at this pace."""
ANSWERED = "answered"


class Prober:
    """Sets one tag of one run again and again, each time over a connection of its own.

    Attributes:
        counts: `answered`, or what went wrong, with how often.
    """

    def __init__(
        self, door: FrontDoor, *, every: float = EVERY, answer_within: float = ANSWER_WITHIN
    ) -> None:
        """Send nothing yet.

        Args:
            door: Where, and as whom.
            every: Seconds between two probes.
            answer_within: Seconds after which no answer is a failure.
        """
        self.counts: Counter[str] = Counter()
        self._door = door
        self._every = every
        self._answer_within = answer_within
        self._run = ""
        self._stop = threading.Event()
        self._counting = threading.Lock()
        self._pool = ThreadPoolExecutor(AT_ONCE, thread_name_prefix="probe")
        self._clock = threading.Thread(target=self._keep_time, name="prober", daemon=True)

    def __enter__(self) -> Self:
        """Make the run and start.

        Raises:
            ServiceSilent: The run could not be made.
        """
        try:
            with session_to(self._door) as session:
                made = session.post(
                    f"{API}/runs/create", json={"experiment_id": "0", "run_name": "probed"}
                )
                self._run = str(made.raise_for_status().json()["run"]["info"]["run_id"])
        except httpx.HTTPError as error:
            raise ServiceSilent(f"no run for the probes: {error}") from error
        self._clock.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._stop.set()
        self._clock.join()
        self._pool.shutdown()

    @property
    def asked(self) -> int:
        return self.counts.total()

    def _keep_time(self) -> None:
        began = time.monotonic()
        for number in itertools.count():
            if self._stop.wait(max(0.0, began + number * self._every - time.monotonic())):
                return
            self._pool.submit(self._probe, number)

    def _probe(self, number: int) -> None:
        found = self._ask(number)
        with self._counting:
            self.counts[found] += 1

    def _ask(self, number: int) -> str:
        asked = time.monotonic()
        body = {"run_id": self._run, "key": "probe", "value": str(number)}
        try:
            with session_to(self._door, self._answer_within) as session:
                answer = session.post(f"{API}/runs/set-tag", json=body)
        except httpx.TransportError as error:
            return type(error).__name__
        if not answer.is_success:
            return str(answer.status_code)
        late = time.monotonic() - asked > self._answer_within
        return "late" if late else ANSWERED
