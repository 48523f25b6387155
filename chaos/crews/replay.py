"""What became of what a spool still held when the work was over."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Replay:
    """The end of a spool.

    Attributes:
        seconds: That sending what was left took.
        complete: Whether nothing waits any more, and nothing was refused.
    """

    seconds: float
    complete: bool
