"""Axes of a plot: from values to pixels, and where to put the ticks. Pure."""

from __future__ import annotations

import math
from dataclasses import dataclass

STEPS = (1, 2, 5)


@dataclass(frozen=True, slots=True)
class Linear:
    """Maps [low, high] to [left, right] pixels."""

    low: float
    high: float
    left: float
    right: float

    def __call__(self, value: float) -> float:
        share = (value - self.low) / (self.high - self.low)
        return self.left + share * (self.right - self.left)

    def ticks(self, about: int = 10) -> list[float]:
        """Round values, roughly `about` of them."""
        step = round_step((self.high - self.low) / about)
        first = math.ceil(self.low / step)
        return [n * step for n in range(first, math.floor(self.high / step) + 1)]


@dataclass(frozen=True, slots=True)
class Logarithmic:
    """Maps [low, high] to pixels so that each factor of ten is equally tall."""

    low: float
    high: float
    left: float
    right: float

    def __call__(self, value: float) -> float:
        inside = min(max(value, self.low), self.high)
        share = math.log(inside / self.low) / math.log(self.high / self.low)
        return self.left + share * (self.right - self.left)

    def ticks(self) -> list[float]:
        """Powers of ten."""
        first = math.ceil(math.log10(self.low) - 1e-9)
        last = math.floor(math.log10(self.high) + 1e-9)
        return [10.0**n for n in range(first, last + 1)]


def round_step(least: float) -> float:
    """The smallest of 1, 2, 5, 10, 20, 50 … (and their fractions) that is at least `least`."""
    if least <= 0:
        return 1.0
    magnitude = 10.0 ** math.floor(math.log10(least))
    factors = (factor for factor in (*STEPS, 10) if factor * magnitude >= least * (1 - 1e-9))
    return next(factors) * magnitude
