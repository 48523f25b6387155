"""What has to be true before anything is broken on AWS, and what ends it early."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from chaos.target import FaultMissed, TargetError
from chaos.targets.aws_alarms import Alarms

MINUTES = 30.0
"""Longer than a zone's loss with its recovery, shorter than anybody forgets about it."""
_MINUTE = 60.0


class Refused(FaultMissed):
    """The guard let nothing happen; the text says why."""


def confirm(stack: str, *, production: bool, typed: str | None) -> None:
    """Let production be broken only by somebody who typed its name.

    Args:
        stack: What is about to be broken.
        production: Whether users depend on it.
        typed: What `--confirm` said.

    Raises:
        TargetError: The name is missing, or is another one.
    """
    if typed is not None and typed != stack:
        raise TargetError(
            f"--confirm {typed}: the stack is {stack!r}. Type the name of what is to be broken"
        )
    if production and typed is None:
        raise TargetError(
            f"stack {stack!r} is production: users are there. To break it on purpose, type its name: "
            f"--confirm {stack}"
        )


@dataclass(frozen=True)
class Budget:
    """Minutes within which everything has to be over.

    Attributes:
        minutes: From the making of this.
        now: Monotonic seconds.
        began: When it was made.
    """

    minutes: float
    now: Callable[[], float]
    began: float

    @classmethod
    def of(cls, minutes: float, now: Callable[[], float] = time.monotonic) -> Budget:
        """Begin to count.

        Raises:
            TargetError: That is no time.
        """
        if minutes <= 0:
            raise TargetError(f"a budget of {minutes:g} minutes is none. Use for instance 30")
        return cls(minutes, now, now())

    @property
    def spent(self) -> bool:
        return self.now() - self.began >= self.minutes * _MINUTE


@dataclass(frozen=True)
class Guard:
    """Looks before, and while a fault lasts.

    Attributes:
        alarms: Of the environment.
        missing: What keeps it from full redundancy.
        stops: ARNs of the alarms that end an experiment.
        budget: Of everything.
    """

    alarms: Alarms
    missing: Callable[[], list[str]]
    stops: Iterable[str]
    budget: Budget

    def let_in(self, fault: str) -> None:
        """Return if `fault` may begin now.

        Raises:
            Refused: It may not; nothing was touched.
        """
        found = self._over()
        found += [f"not redundant: {text}" for text in self.missing()]
        found += [f"{each.name} rings" for each in self.alarms.all() if each.rings and each.urgent]
        if obstacle := self.alarms.canary_obstacle():
            found.append(obstacle)
        if found:
            raise Refused(
                f"{fault} was refused, nothing was touched: {'; '.join(dict.fromkeys(found))}. "
                "Mend that first"
            )

    def reason_to_stop(self) -> str | None:
        """Why a fault that lasts has to end now, or None."""
        return "; ".join(self._over()) or None

    def _over(self) -> list[str]:
        found = [f"{name} rings" for name in self.alarms.ringing(self.stops)]
        if self.budget.spent:
            found.append(f"the budget of {self.budget.minutes:g} minutes is spent")
        return found
