"""Prometheus metrics of this process's calls, and of what waits on this machine.

    import prometheus_client
    from mlflow_ha import metrics

    metrics.start()
    prometheus_client.REGISTRY.register(metrics.Metrics())

Counting begins with `start()`; before, and without prometheus-client, nothing is counted. A forked
child counts from zero.
"""

from __future__ import annotations

import logging
import os
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from mlflow_ha import events, extra
from mlflow_ha.breaker import State
from mlflow_ha.census import queues
from mlflow_ha.errors import SpoolError
from mlflow_ha.server import Server, known
from mlflow_ha.settings import current

with extra.explained():
    from prometheus_client import CollectorRegistry, Counter, Histogram, Metric
    from prometheus_client.core import GaugeMetricFamily
    from prometheus_client.registry import Collector

if TYPE_CHECKING:
    from collections.abc import Callable

_log = logging.getLogger(__name__)
# Up to the longest call there can be: MLFLOW_HA_DEADLINE is 300 s unless it is set.
_SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300)
# They say nothing about the server, or nothing that its breaker does not know better.
_NO_EVIDENCE = (events.Outcome.INTERRUPTED, events.Outcome.NOT_TRIED)


@dataclass
class _Counts:
    """What has happened in this process.

    Attributes:
        answers: By server, whether the last call that was tried had an answer.
    """

    registry: CollectorRegistry = field(default_factory=CollectorRegistry)
    answers: dict[str, bool] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.calls = Counter(
            "mlflow_ha_calls",
            "Calls to MLflow, by what became of them.",
            ("server", "api", "outcome"),
            registry=self.registry,
        )
        self.seconds = Histogram(
            "mlflow_ha_call_seconds",
            "Seconds of a call to MLflow, all attempts and waits included.",
            ("server", "api"),
            buckets=_SECONDS,
            registry=self.registry,
        )
        self.retries = Counter(
            "mlflow_ha_retries",
            "Attempts after the first one of a call.",
            ("server", "api"),
            registry=self.registry,
        )
        self.duplicates = Counter(
            "mlflow_ha_duplicates_suppressed",
            "Repeated requests that got the first one's answer.",
            ("server", "api"),
            registry=self.registry,
        )
        self.replayed = Counter(
            "mlflow_ha_replayed",
            "Operations that waited in the spool and that the server has answered.",
            ("server",),
            registry=self.registry,
        )


_counts: _Counts | None = None
_ends: list[Callable[[], None]] = []
_lock = threading.Lock()


def start() -> None:
    """Count from now on; a second call changes nothing."""
    with _lock:
        if not _ends:
            _ends.extend(
                (
                    events.subscribe(events.CallEnded, _call_ended),
                    events.subscribe(events.Retried, _retried),
                    events.subscribe(events.DuplicateSuppressed, _duplicate_suppressed),
                    events.subscribe(events.Replayed, _replayed),
                )
            )


def stop() -> None:
    """Count no more, and forget what was counted."""
    global _counts  # noqa: PLW0603
    with _lock:
        while _ends:
            _ends.pop()()
        _counts = None


def _counted() -> _Counts:
    global _counts  # noqa: PLW0603
    with _lock:
        if _counts is None:
            _counts = _Counts()
        return _counts


def _call_ended(call: events.CallEnded) -> None:
    counts = _counted()
    counts.calls.labels(call.server, call.api, call.outcome).inc()
    counts.seconds.labels(call.server, call.api).observe(call.seconds)
    if call.outcome not in _NO_EVIDENCE:
        counts.answers[call.server] = call.outcome is not events.Outcome.UNAVAILABLE


def _retried(event: events.Retried) -> None:
    _counted().retries.labels(event.server, event.api).inc()


def _duplicate_suppressed(event: events.DuplicateSuppressed) -> None:
    _counted().duplicates.labels(event.server, event.api).inc()


def _replayed(event: events.Replayed) -> None:
    _counted().replayed.labels(event.server).inc(event.count)


class Metrics(Collector):
    """All of them, as they are when they are asked for."""

    def collect(self) -> Iterator[Metric]:
        """Yield what was counted, the breakers' states, and what waits on disk."""
        counts = _counted()
        yield from counts.registry.collect()
        yield from _of_servers(counts.answers)
        yield from _of_queues()


def _of_servers(answers: dict[str, bool]) -> Iterator[Metric]:
    available = GaugeMetricFamily(
        "mlflow_ha_available", "1 if the last call had an answer.", labels=("server",)
    )
    state = GaugeMetricFamily(
        "mlflow_ha_breaker_state",
        "1 for the state that the circuit breaker is in.",
        labels=("server", "state"),
    )
    for server in known():
        available.add_metric((server.address,), _answers(server) and answers.get(server.address, 1))
        for each in State:
            state.add_metric((server.address, each), server.breaker.state is each)
    yield available
    yield state


def _answers(server: Server) -> bool:
    # A call that is still being repeated has not ended: its failures are seen by the breaker.
    return server.breaker.failure_count == 0


def _of_queues() -> Iterator[Metric]:
    waiting = GaugeMetricFamily(
        "mlflow_ha_queued", "Operations that wait in the spool.", labels=("server",)
    )
    oldest = GaugeMetricFamily(
        "mlflow_ha_queue_oldest_seconds", "Age of the oldest that waits.", labels=("server",)
    )
    refused = GaugeMetricFamily(
        "mlflow_ha_refused", "Operations that the server refused, and are kept.", labels=("server",)
    )
    try:
        for queue in queues(current().spool_dir):
            waiting.add_metric((queue.server,), queue.waiting)
            oldest.add_metric((queue.server,), queue.oldest_seconds)
            refused.add_metric((queue.server,), queue.refused)
    except SpoolError as error:
        _log.warning("%s", error.message)
    yield from (waiting, oldest, refused)


def _begin_anew() -> None:
    # Another thread of the parent may have held a lock, ours or one of the library's.
    global _counts, _lock  # noqa: PLW0603
    _lock = threading.Lock()
    _counts = None


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_begin_anew)
