"""What happens to calls and servers, told to whoever listens in this process.

Nobody does unless metrics or alerts were asked for; telling then costs a look into a dictionary.
"""

from __future__ import annotations

import logging
import os
import threading
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, TypeVar

_log = logging.getLogger(__name__)


class Outcome(StrEnum):
    """What became of a call, as the server answered it; the spool may have answered the caller."""

    ANSWERED = "answered"
    REFUSED = "refused"
    """The server says that the request is wrong."""
    FAILED = "failed"
    """The server is there and fails at this request."""
    UNAVAILABLE = "unavailable"
    """Nobody answered in time."""
    NOT_TRIED = "not_tried"
    """The server is known to be away."""
    UNKNOWN = "unknown"
    """The answer was lost and the request not repeated."""
    INTERRUPTED = "interrupted"
    """The caller did not wait for the end."""


@dataclass(frozen=True, slots=True)
class CallEnded:
    """A call, all its attempts and waits included.

    Attributes:
        server: Its address, without credentials, as in every event.
        api: The request's name in MLflow's protocol, or "Artifact" or "Probe".
        seconds: From its begin to its end.
    """

    server: str
    api: str
    outcome: Outcome
    seconds: float


@dataclass(frozen=True, slots=True)
class Retried:
    """An attempt after the first one begins."""

    server: str
    api: str


@dataclass(frozen=True, slots=True)
class DuplicateSuppressed:
    """A repeated request got the first one's answer, where it could have been carried out twice."""

    server: str
    api: str


@dataclass(frozen=True, slots=True)
class BreakerChanged:
    """Of one server these are told in the order in which they happen.

    Attributes:
        state: The new one: CLOSED, OPEN or HALF_OPEN.
    """

    server: str
    state: str


@dataclass(frozen=True, slots=True)
class Replayed:
    """Operations left the spool since the server has answered them."""

    server: str
    count: int


E = TypeVar("E", CallEnded, Retried, DuplicateSuppressed, BreakerChanged, Replayed)
_listeners: dict[type[Any], tuple[Callable[[Any], None], ...]] = {}
_lock = threading.Lock()


def subscribe(kind: type[E], listener: Callable[[E], None]) -> Callable[[], None]:
    """Have `listener` told every event of a kind; returns what ends that.

    It is called in the thread of the call that is told of, so that it must not wait for anything.
    """
    with _lock:
        _listeners[kind] = (*_listeners.get(kind, ()), listener)

    def end() -> None:
        with _lock:
            _listeners[kind] = tuple(one for one in _listeners[kind] if one is not listener)

    return end


def publish(
    event: CallEnded | Retried | DuplicateSuppressed | BreakerChanged | Replayed,
) -> None:
    """Tell all who listen; what goes wrong with them never reaches the caller."""
    for listener in _listeners.get(type(event), ()):
        try:
            listener(event)
        except Exception:  # noqa: BLE001  (whoever listens is not the caller's concern)
            _log.exception("%s could not be told to %s", event, listener)


def _begin_anew() -> None:
    # Another thread of the parent may have held it.
    global _lock  # noqa: PLW0603
    _lock = threading.Lock()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_begin_anew)
