"""How each call ends and how long it takes, told when it has ended."""

from __future__ import annotations

import itertools
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http import HTTPStatus
from typing import TypeVar

from mlflow.exceptions import MlflowException

from mlflow_ha.errors import CircuitBreakerOpenError, OutcomeUnknown, TrackingUnavailable
from mlflow_ha.events import CallEnded, Outcome, Retried, publish

T = TypeVar("T")


@contextmanager
def told(server: str, api: str) -> Iterator[None]:
    """Tell how what is done within has ended."""
    begun = time.perf_counter()
    outcome = Outcome.ANSWERED
    try:
        yield
    except BaseException as error:
        outcome = outcome_of(error)
        raise
    finally:
        publish(CallEnded(server, api, outcome, time.perf_counter() - begun))


def with_repeats_told(server: str, api: str, attempt: Callable[[], T]) -> Callable[[], T]:
    """Return what makes an attempt, and tells of each but the first."""
    attempts = itertools.count()

    def make() -> T:
        if next(attempts):
            publish(Retried(server, api))
        return attempt()

    return make


def outcome_of(error: BaseException) -> Outcome:
    """Return what an exception that ends a call says about it."""
    match error:
        case CircuitBreakerOpenError():
            return Outcome.NOT_TRIED
        case TrackingUnavailable():
            return Outcome.UNAVAILABLE
        case OutcomeUnknown():
            return Outcome.UNKNOWN
        case MlflowException():
            status = error.get_http_status_code()
            return Outcome.FAILED if status >= HTTPStatus.INTERNAL_SERVER_ERROR else Outcome.REFUSED
        case Exception():
            return Outcome.FAILED
    return Outcome.INTERRUPTED
