"""Is a deployment fit for use? An ordinary training run says so, before anything is broken."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import httpx

from chaos.target import FrontDoor

TRAINING = Path(__file__).parent.parent / "examples" / "train.py"
DRILL = "mlflow-instance-loss"
"""The mildest: at most the requests in flight fail."""
_ASK_EVERY = 2.0
_ANSWER_WITHIN = 5.0


class NotFitError(Exception):
    """The deployment does not do what it is for; the text says what was seen."""


def wait_until_writable(
    url: str, *, within: float, tell: Callable[[str], None] = lambda _said: None
) -> float:
    """Return the seconds until a write would succeed.

    Args:
        url: Of the front door.
        within: Seconds to wait at most.
        tell: Called while waiting, with what was seen last.

    Raises:
        NotFitError: It did not come to that.
    """
    began = time.monotonic()
    while True:
        seen = _asked(f"{url}/writable")
        waited = time.monotonic() - began
        if seen is None:
            return waited
        if waited >= within:
            raise NotFitError(f"{url}/writable after {within:g} s: {seen}")
        tell(f"waiting for {url}/writable, {waited:.0f} s: {seen}")
        time.sleep(_ASK_EVERY)


def _asked(address: str) -> str | None:
    try:
        answer = httpx.get(address, timeout=_ANSWER_WITHIN)
    except httpx.HTTPError as error:
        return f"{type(error).__name__}: {error}"
    return None if answer.is_success else f"HTTP {answer.status_code}"


def train(door: FrontDoor, *, rounds: int) -> None:
    """Train, track, register and load back, with an MLflow client that knows nothing of drills.

    Args:
        door: Where, and as whom; the password goes by the environment.
        rounds: How long it trains.

    Raises:
        NotFitError: The script did not succeed; its own output has told why.
    """
    login = {
        "MLFLOW_TRACKING_URI": door.url,
        "MLFLOW_TRACKING_USERNAME": door.username,
        "MLFLOW_TRACKING_PASSWORD": door.password,
    }
    done = subprocess.run(
        [sys.executable, TRAINING, "--rounds", str(rounds)],
        env={**os.environ, **login},
        stdin=subprocess.DEVNULL,
        stdout=sys.stderr,
        check=False,
    )
    if done.returncode:
        raise NotFitError(f"{TRAINING.name} ended with exit code {done.returncode}; see above")
