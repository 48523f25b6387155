"""What was logged and is not sent yet, run by run in order, and the thread that sends it.

Whoever needs it sent (a flush, a call that finds no room, the end of the process) sends it in its
own thread: the background thread is only one of them, and nothing depends on its being alive.
"""

from __future__ import annotations

import logging
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from itertools import islice
from typing import Protocol

from mlflow_ha.batch import MOST_VALUES, Batch, Logged
from mlflow_ha.deadline import Deadline
from mlflow_ha.errors import MlflowHaError

_log = logging.getLogger(__name__)


class Way(Protocol):
    """Where batches go."""

    def send(self, batch: Batch, deadline: Deadline) -> None:
        """Return when what the batch logs is safe with somebody else.

        Raises:
            MlflowHaError: It is not, and may be sent again.
            Exception: Whatever else it is, the request was refused.
        """

    def away(self, what: str, waiting: int) -> MlflowHaError:
        """Return the error that says that something could not be sent in time."""


class Journal(Protocol):
    """A copy of what waits, for the case that this process is killed."""

    def note(self, logged: Logged) -> None:
        """Take it down; no later than at the next `write_if_due` it is on disk if it is due."""

    def write_if_due(self) -> None:
        """Have on disk what must not be in memory alone any longer."""

    def strike(self, sent: list[Logged]) -> None:
        """It need not be kept any more."""


@dataclass
class _Queue:
    """What one run waits for.

    Attributes:
        waiting: With the moment of each call.
        accepted: Calls so far; of them, `settled` were sent or refused.
    """

    waiting: deque[tuple[float, Logged]] = field(default_factory=deque)
    accepted: int = 0
    settled: int = 0
    values: int = 0


class Collector:
    """Everything of one server and process.

    Args:
        way: Where batches go.
        window: Seconds after a call in which a request with it is begun, at the latest.
        most_values: Metrics, parameters and tags that may wait; a call beyond that sends first.
        patience: Seconds for a request in the background.
        journal: Where it is kept too, if anywhere.
        clock: Monotonic seconds.
    """

    def __init__(
        self,
        way: Way,
        *,
        window: float,
        most_values: int,
        patience: float,
        journal: Journal | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._way = way
        self._window = window
        self._most_values = most_values
        self._patience = patience
        self._journal = journal
        self._clock = clock
        self._lock = threading.Lock()
        self._sending = threading.Lock()
        self._queues: dict[str, _Queue] = {}
        self._values = 0
        self._refusals: list[tuple[str, Exception]] = []
        self._news = threading.Event()
        self._thread: threading.Thread | None = None
        self._closed = False

    @property
    def waiting(self) -> int:
        """Calls that are neither sent nor refused yet."""
        with self._lock:
            return sum(len(queue.waiting) for queue in self._queues.values())

    def log(self, logged: Logged, deadline: Deadline) -> None:
        """Accept what a call logs; it is sent later.

        Raises:
            MlflowHaError: There was no room for it until the deadline, or it could not be kept.
        """
        while not self._accepted(logged):
            with self._turn(deadline):
                self._send_oldest(deadline)
        if self._journal:
            self._journal.write_if_due()
        self._have_it_sent()

    def flush(self, run: str, deadline: Deadline) -> None:
        """Return when what was logged to a run, or to any if it is empty, is sent or refused.

        Raises:
            MlflowHaError: Not before the deadline.
        """
        with self._lock:
            wanted = [self._queues.get(run)] if run else list(self._queues.values())
            goals = [(queue, queue.accepted) for queue in wanted if queue]
        for queue, goal in goals:
            while queue.settled < goal:
                with self._turn(deadline):
                    if queue.settled < goal:
                        self._send(queue, deadline)

    def tell(self, run: str) -> None:
        """Raise what a run was refused, or any run if it is empty, once.

        Raises:
            Exception: As the server said it. The first; each was logged when it happened.
        """
        if not self._refusals:  # without the lock: nearly always
            return
        with self._lock:
            told = [error for place, error in self._refusals if run in (place, "")]
            self._refusals = [(p, e) for p, e in self._refusals if run not in (p, "")]
        if told:
            raise told[0]

    def close(self, deadline: Deadline) -> None:
        """Send what waits, and end.

        Raises:
            MlflowHaError: Not all could be sent before the deadline.
        """
        self._closed = True
        self._news.set()
        self.flush("", deadline)

    def _accepted(self, logged: Logged) -> bool:
        with self._lock:
            if self._values and self._values + logged.values > self._most_values:
                return False
            queue = self._queues.setdefault(logged.run, _Queue())
            queue.waiting.append((self._clock(), logged))
            queue.accepted += 1
            queue.values += logged.values
            self._values += logged.values
            if self._journal:
                self._journal.note(logged)
            if len(queue.waiting) == 1 or queue.values >= MOST_VALUES:
                self._news.set()
            return True

    @contextmanager
    def _turn(self, deadline: Deadline) -> Iterator[None]:
        """One at a time sends, so that each run's calls arrive in order.

        Raises:
            MlflowHaError: Others did not come to an end before the deadline.
        """
        if not self._sending.acquire(timeout=deadline.left):
            raise self._way.away("what was logged before could not be sent in time", self.waiting)
        try:
            yield
        finally:
            self._sending.release()

    def _send_oldest(self, deadline: Deadline) -> None:
        with self._lock:
            queues = list(self._queues.values())
        if queues:
            self._send(min(queues, key=lambda queue: queue.waiting[0][0]), deadline)

    def _send(self, queue: _Queue, deadline: Deadline, at_most: int = MOST_VALUES) -> None:
        with self._lock:
            first = [logged for _, logged in islice(queue.waiting, at_most)]
        batch = Batch.first_of(first)
        try:
            self._way.send(batch, deadline)
        except MlflowHaError:
            raise
        except Exception as refusal:  # noqa: BLE001  (whatever it is, the others must not wait for it)
            if len(batch.logged) > 1:
                # One of them is to blame; the others are not to suffer.
                for _ in batch.logged:
                    self._send(queue, deadline, at_most=1)
                return
            self._refused(batch.logged[0], refusal)
        self._settle(queue, batch.logged)

    def _refused(self, logged: Logged, refusal: Exception) -> None:
        what = logged.message.api
        _log.warning("MLflow refused %s of run %s: %s", what, logged.run, refusal)
        refusal.add_note(
            f"This is about an earlier call, {what} of run {logged.run}, which was sent later than it "
            "was made (MLFLOW_HA_COALESCE=1). The call that raises it was carried out itself."
        )
        with self._lock:
            self._refusals.append((logged.run, refusal))

    def _settle(self, queue: _Queue, sent: list[Logged]) -> None:
        values = sum(logged.values for logged in sent)
        with self._lock:
            for _ in sent:
                queue.waiting.popleft()
            queue.settled += len(sent)
            queue.values -= values
            self._values -= values
            if not queue.waiting:
                self._queues.pop(sent[0].run, None)
        if self._journal:
            self._journal.strike(sent)

    def _have_it_sent(self) -> None:
        if self._thread is not None:
            return
        with self._lock:
            if self._thread is None:
                self._thread = threading.Thread(
                    target=self._run, name="mlflow-ha-coalescing", daemon=True
                )
                # At the end of the process no thread can be started; `close` sends it then.
                with suppress(RuntimeError):
                    self._thread.start()

    def _run(self) -> None:
        while not self._closed:
            pause = self._until_due()
            if pause is None or pause > 0:
                self._news.wait(pause)
                self._news.clear()
                continue
            try:
                deadline = Deadline.after(self._patience)
                with self._turn(deadline):
                    self._send_oldest(deadline)
            except Exception as error:  # noqa: BLE001  (what waits must not wait for a thread that is gone)
                _log.warning("%d calls that log something wait: %s", self.waiting, error)
                self._news.wait(1.0)

    def _until_due(self) -> float | None:
        """Seconds until a request is to be begun; None where nothing waits."""
        with self._lock:
            if not self._queues:
                return None
            if any(queue.values >= MOST_VALUES for queue in self._queues.values()):
                return 0.0
            oldest = min(queue.waiting[0][0] for queue in self._queues.values())
        return max(0.0, oldest + self._window - self._clock())
