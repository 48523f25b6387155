"""Asking again until an answer is good, or time is up."""

from __future__ import annotations

import time
from collections.abc import Callable


def until(done: Callable[[], bool], *, every: float, longest: float, what: str) -> None:
    """Ask `done` until it says yes.

    Args:
        done: Raises when it can never become true.
        every: Seconds between two questions.
        longest: Seconds until this gives up.
        what: What is waited for, as the error's subject.

    Raises:
        TimeoutError: It did not happen in time.
    """
    end = time.monotonic() + longest
    while not done():
        if time.monotonic() >= end:
            raise TimeoutError(
                f"{what} is not done after {longest:g} s. Look at it in the AWS console; "
                "the next `pulumi up` goes on waiting for it"
            )
        time.sleep(every)
