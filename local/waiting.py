"""Wait for something, with a deadline and an account of what was last seen."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TypeVar

from local.errors import ClusterError

Found = TypeVar("Found")


def wait_for(
    label: str, probe: Callable[[], Found | None], *, within: float, every: float = 0.2
) -> Found:
    """Call `probe` until it returns something true.

    Args:
        label: What is waited for, for the error: "PostgreSQL has a primary".
        probe: Returns a false value, or raises OSError, while it is not so yet.
        within: Seconds until giving up.
        every: Seconds between two looks.

    Raises:
        ClusterError: It did not come about in time; names the last failure seen.
    """
    deadline = time.monotonic() + within
    last = "nothing was seen"
    while True:
        try:
            if found := probe():
                return found
        except OSError as error:
            last = str(error) or type(error).__name__
        if time.monotonic() > deadline:
            raise ClusterError(f"{label}: not so after {within:g} s ({last})")
        time.sleep(every)
