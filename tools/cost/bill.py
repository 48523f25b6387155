"""The bill: quantities times prices, line by line."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from settings import Settings
from tools.cost.prices import Price, PriceError, price
from tools.cost.quantities import quantities

CENT = Decimal("0.01")


@dataclass(frozen=True)
class Line:
    """One line: what is paid for, how much of it, at which price."""

    what: str
    quantity: Decimal
    price: Price

    @property
    def usd(self) -> Decimal:
        """For a month, to the cent, so that the lines add up to the total."""
        return (self.quantity * self.price.usd).quantize(CENT)


@dataclass(frozen=True)
class Bill:
    """A month of one environment, with so many tasks all the time."""

    environment: str
    region: str
    tasks: int
    lines: tuple[Line, ...]

    @property
    def total(self) -> Decimal:
        return sum((line.usd for line in self.lines), Decimal("0.00"))


def bill(settings: Settings, tasks: int) -> Bill:
    """Compute a month.

    Args:
        settings: Of the environment.
        tasks: How many run all the time; a pilot light has none, whatever is given.

    Raises:
        PriceError: The environment is not on AWS, or something it uses has no price.
    """
    if settings.aws is None:
        raise PriceError(
            f"environment {settings.environment!r} has no aws settings, so it costs nothing there. "
            "Name one that has, such as prod"
        )
    region = settings.aws.region
    lines = tuple(
        Line(one.what, Decimal(str(round(one.amount, 4))), price(one.price, region))
        for one in quantities(settings, settings.aws, tasks)
        if one.amount
    )
    running = tasks if settings.aws.role == "active" else 0
    return Bill(settings.environment, region, running, lines)


def fewest(settings: Settings) -> Bill:
    """Compute a month in which autoscaling never adds a task."""
    return bill(settings, settings.tracking.instances)


def most(settings: Settings) -> Bill:
    """Compute a month in which every task that autoscaling may add runs all the time."""
    return bill(settings, settings.tracking.most_instances)
