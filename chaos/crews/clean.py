"""How often calls fail while nothing is broken on purpose."""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from chaos.crews.books import CrewBooks
from chaos.crews.crews import CrewFailed, Crews, Pace
from chaos.crews.kind import CrewKind
from chaos.target import FrontDoor

UNHURRIED = Pace(threads=3, pause=0.0)
WITHIN = 900.0
"""Seconds for 3,000 calls of each crew; a calm machine with two cores needs a third."""
CONFIDENCE = 0.95
_GLANCE = 2.0


def work_without_a_fault(
    kinds: Sequence[CrewKind],
    door: FrontDoor,
    *,
    folder: Path,
    calls: int,
    tell: Callable[[str], None],
) -> list[CrewBooks]:
    """Let all crews work side by side until each has made enough calls.

    Args:
        kinds: Which clients.
        door: Where, and as whom.
        folder: Receives their diaries.
        calls: Of each crew, at least.
        tell: How far they are.

    Raises:
        CrewFailed: One ended by itself, or they were too slow.
    """
    crews = Crews(kinds, door, prefix=f"clean-{secrets.token_hex(6)}", folder=folder)
    try:
        crews.start(tell, UNHURRIED)
        until = time.monotonic() + WITHIN
        while (made := min(crews.attempted().values())) < calls:
            if time.monotonic() > until:
                raise CrewFailed(f"the slowest crew made {made} of {calls} calls in {WITHIN:g} s")
            tell(f"without a fault: the slowest crew made {made} of {calls} calls")
            time.sleep(_GLANCE)
        crews.end()
        if troubles := crews.troubles():
            raise CrewFailed("; ".join(troubles))
        return crews.books()
    finally:
        crews.close()


def highest_share(failed: int, calls: int) -> float:
    """The largest share of failing calls that such a count still allows for.

    The upper end of a one-sided interval of 95 % after Clopper and Pearson; for no failure it is
    close to 3 / calls, the "rule of three".

    Args:
        failed: Calls that did.
        calls: In all.
    """
    from scipy.stats import binomtest  # noqa: PLC0415  (slow to import, and rarely wanted)

    test = binomtest(failed, calls, alternative="less")
    return float(test.proportion_ci(CONFIDENCE, method="exact").high)
