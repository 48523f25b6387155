"""Looks at a server that no call of this process tells anything about."""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

from mlflow_ha import events
from mlflow_ha.server import Server

_PROBE = "Probe"


def look(server: Server) -> None:
    """Ask once whether the server takes writes, and tell its breaker and who counts calls."""
    permit = server.breaker.admit()
    if permit is None:
        return  # it is open: the breaker's own probe looks
    begun = time.perf_counter()
    there = server.is_back()
    outcome = events.Outcome.ANSWERED if there else events.Outcome.UNAVAILABLE
    seconds = time.perf_counter() - begun
    events.publish(events.CallEnded(server.address, _PROBE, outcome, seconds))
    if there:
        server.breaker.succeeded(permit)
    else:
        server.breaker.failed(permit)


@contextmanager
def watching(server: Server, interval: float) -> Iterator[None]:
    """Look at a server all the time while entered.

    Args:
        server: Whose breaker is told.
        interval: Seconds between two looks, half of them random.
    """
    stop = threading.Event()

    def run() -> None:
        while not stop.wait(interval * random.uniform(0.5, 1.5)):  # noqa: S311  (no secret)
            look(server)

    look(server)  # before anybody asks what was seen
    thread = threading.Thread(target=run, name="mlflow-ha-watch", daemon=True)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()
