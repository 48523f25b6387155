"""So much of something that has a price."""

from __future__ import annotations

from dataclasses import dataclass

HOURS = 730
"""Of a month, as AWS's own calculator counts."""


@dataclass(frozen=True)
class Quantity:
    """One thing that is paid for.

    Attributes:
        what: What it is for, to a reader.
        amount: How much in a month, in the unit of its price.
        price: The name of its price.
    """

    what: str
    amount: float
    price: str
