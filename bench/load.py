"""One turn of load: N threads repeat an operation against one side for a fixed time.

A thread pool, not a load library: locust was weighed and left out. Its gevent would patch the
sockets of everything that a benchmark imports, its process and web server want a good part of the
two cores that are measured, and what is needed here is a loop and a clock. The client is checked
instead of trusted: each turn says what share of a core it used.
"""

from __future__ import annotations

import http.client
import threading
import time
import uuid
from collections import Counter
from collections.abc import Callable
from contextlib import ExitStack, closing
from dataclasses import dataclass, field

import psutil

from bench.operations import Operation, Unit
from bench.processes import processor_seconds
from bench.side import BenchError, RefusedError, Side

# A thread may be inside a request when time is up; after that it has to end by itself.
JOIN_SECONDS = 150.0


@dataclass(kw_only=True)
class Turn:
    """What one turn saw."""

    seconds: float = 0.0
    latencies: list[float] = field(default_factory=list)
    """Seconds of each request that succeeded."""
    errors: Counter[str] = field(default_factory=Counter)
    client_cores: float = 0.0
    side_cores: float = 0.0
    idle_side_cores: float = 0.0
    """What the side that is not measured took from the machine meanwhile."""
    other_cores: float = 0.0
    """What everything else on the machine took; above a tenth of a core, distrust the figures."""

    @property
    def throughput(self) -> float:
        return len(self.latencies) / self.seconds


def run_turn(
    side: Side, operation: Operation, *, threads: int, seconds: float, idle: Side | None
) -> Turn:
    """Load `side` with `operation`.

    Args:
        side: The service to load.
        operation: What each thread repeats.
        threads: How many at once.
        seconds: How long; a request under way at the end is still counted, and so is its time.
        idle: The other side, whose use of the processor is recorded.

    Raises:
        BenchError: A thread could not be made ready, or did not come back in time.
    """
    with ExitStack() as stack:
        units = [_ready(stack, side, operation) for _ in range(threads)]
        return _measure(units, side, seconds, idle)


def _ready(stack: ExitStack, side: Side, operation: Operation) -> Unit:
    connection = stack.enter_context(closing(side.connect()))
    label = f"bench-{operation.name}-{uuid.uuid4().hex}"
    try:
        unit = operation.prepare(connection, label)
        unit()  # what is done only the first time stays outside the clock
        connection.close()  # it may idle until the others are ready, and servers close idle ones
    except (RefusedError, OSError, http.client.HTTPException) as error:
        raise BenchError(
            f"{side.name} at {side.url} failed a first {operation.name}: {error!r}. "
            "Is it healthy? See: python -m local status"
        ) from error
    return unit


def _measure(units: list[Unit], side: Side, seconds: float, idle: Side | None) -> Turn:
    turn, lock = Turn(), threading.Lock()
    stop = threading.Event()
    threads = [
        threading.Thread(target=_repeat, args=(unit, stop, turn, lock), daemon=True)
        for unit in units
    ]
    processor = [_processor(side), _processor(idle), time.process_time, _machine]
    before = [used() for used in processor]
    begun = time.monotonic()
    try:
        for thread in threads:
            thread.start()
        time.sleep(seconds)
    finally:
        stop.set()
    for thread in threads:
        thread.join(max(0.0, begun + seconds + JOIN_SECONDS - time.monotonic()))
    if any(thread.is_alive() for thread in threads):
        raise BenchError(f"{side.name}: a request took longer than {JOIN_SECONDS:g} s; gave up")
    turn.seconds = time.monotonic() - begun
    turn.side_cores, turn.idle_side_cores, turn.client_cores, machine = (
        (used() - start) / turn.seconds for used, start in zip(processor, before, strict=True)
    )
    known = turn.side_cores + turn.idle_side_cores + turn.client_cores
    turn.other_cores = max(0.0, machine - known)
    return turn


def _repeat(unit: Unit, stop: threading.Event, turn: Turn, lock: threading.Lock) -> None:
    while not stop.is_set():
        begun = time.perf_counter()
        try:
            unit()
        except (RefusedError, OSError, http.client.HTTPException) as error:
            with lock:
                turn.errors[f"{type(error).__name__}: {error}"[:120]] += 1
            stop.wait(0.05)  # an instant refusal must not become a busy loop
        else:
            with lock:
                turn.latencies.append(time.perf_counter() - begun)


def _processor(side: Side | None) -> Callable[[], float]:
    return lambda: processor_seconds(side.pids()) if side else 0.0


def _machine() -> float:
    times = psutil.cpu_times()
    return float(times.user + times.nice + times.system + times.irq + times.softirq)
