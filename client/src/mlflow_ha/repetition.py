"""When to ask again: after pauses that grow and differ, and never past the deadline."""

from __future__ import annotations

import random
from collections.abc import Callable
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import TypeVar

import tenacity
from mlflow.exceptions import RestException
from mlflow.utils.rest_utils import verify_rest_response
from requests import HTTPError, Response

from mlflow_ha.deadline import Deadline
from mlflow_ha.settings import MLflowSettings
from mlflow_ha.verdict import Verdict

T = TypeVar("T")
LONGEST_PAUSE = 10.0
"""Seconds. Longer ones would only lengthen what a caller sees of an outage that is over."""


class Again(Exception):  # noqa: N818  (asks for another attempt)
    """An attempt had no usable answer.

    Args:
        what: Happened.
        verdict: On the attempt.
        pause: Seconds that the server asked for, if it did.
    """

    def __init__(self, what: str, verdict: Verdict, *, pause: float | None = None) -> None:
        super().__init__(what)
        self.what = what
        self.verdict = verdict
        self.pause = pause
        self._answer: Response | None = None

    @classmethod
    def after(cls, answer: Response, verdict: Verdict) -> Again:
        again = cls(f"HTTP {answer.status_code}", verdict, pause=_asked_for(answer))
        again._answer = answer
        return again

    @property
    def explained(self) -> bool:
        """Whether the server is there and says, as MLflow does, what it stumbled over."""
        return self.verdict is Verdict.STUMBLED and self._answer is not None

    def tell_what_the_server_said(self) -> None:
        """Raise it, if it said anything."""
        if self.explained:
            try:
                verify_rest_response(self._answer, "")
            except RestException as told:
                raise told from None


def until_answered(attempt: Callable[[], T], deadline: Deadline, settings: MLflowSettings) -> T:
    """Return what `attempt` returns, in the end.

    Raises:
        Again: The last one; another would come too late, or the server stumbles over the request.
    """
    growing = tenacity.wait_random_exponential(settings.retry_delay, LONGEST_PAUSE)

    def pause(state: tenacity.RetryCallState) -> float:
        asked_for = _again(state).pause
        if asked_for is not None:
            return asked_for + random.uniform(0, settings.retry_delay)  # noqa: S311  (no secret)
        if state.attempt_number > settings.max_retries:
            return settings.probe_interval
        return growing(state)

    def enough(state: tenacity.RetryCallState) -> bool:
        if _again(state).explained and state.attempt_number > settings.max_retries:
            return True
        return state.upcoming_sleep >= deadline.left

    return tenacity.Retrying(
        retry=tenacity.retry_if_exception_type(Again), wait=pause, stop=enough, reraise=True
    )(attempt)


def retry_after(error: BaseException) -> float | None:
    """Seconds that the answer behind an exception asked for, if there was one and it did."""
    if isinstance(error, HTTPError) and error.response is not None:
        return _asked_for(error.response)
    return None


def _again(state: tenacity.RetryCallState) -> Again:
    raised = state.outcome.exception() if state.outcome else None
    assert isinstance(raised, Again)  # noqa: S101  (nothing else is retried)
    return raised


def _asked_for(answer: Response) -> float | None:
    """Seconds in Retry-After, which is a number or a date (RFC 9110, 10.2.3)."""
    value = answer.headers.get("Retry-After")
    if not value:
        return None
    try:
        seconds = float(value)
    except ValueError:
        try:
            seconds = (parsedate_to_datetime(value) - datetime.now(UTC)).total_seconds()
        except (ValueError, TypeError):
            return None
    return max(0.0, seconds)
