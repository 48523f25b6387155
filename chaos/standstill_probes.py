"""What drills ask when the service has to stand still, or must not fail anybody at all.

Chaos Toolkit calls these by name; the current drill comes from context.
"""

from __future__ import annotations

import time

from chaos import timeline
from chaos.context import current
from chaos.target import FaultMissed

LOOK_EVERY = 0.5


class Acknowledged(Exception):  # noqa: N818  a finding, not a defect of the program
    """A write was acknowledged that nobody could have kept safely."""


class SomebodyFailed(Exception):  # noqa: N818  a finding, not a defect of the program
    """A client was told no, or nothing, although nothing was broken."""


def nothing_is_acknowledged(seconds: float) -> None:
    """Watch for `seconds` that no write sent after the fault landed is acknowledged."""
    run = current()
    landed = run.at(timeline.LANDED)
    if landed is None:
        raise FaultMissed("the fault has not landed, so writes may well be acknowledged")
    until = run.clock.now() + seconds
    while (left := until - run.clock.now()) > 0:
        run.tell(f"nothing may be acknowledged, {left:.0f} s left")
        told = [o.key for o in run.history.since(landed) if o.acknowledged and o.invoked > landed]
        if told:
            raise Acknowledged(f"{len(told)} writes were acknowledged, the first is {told[0]}")
        time.sleep(min(left, LOOK_EVERY))


def nobody_failed() -> None:
    """Every write since the fault was acknowledged: no error reached a client that never retries."""
    run = current()
    since = run.at(timeline.INJECTED)
    if since is None:
        raise FaultMissed("nothing was injected, so there is nothing to have failed")
    failed = [o for o in run.history.since(since) if not o.acknowledged]
    if failed:
        raise SomebodyFailed(
            f"{len(failed)} writes failed or stayed in doubt, the first: {failed[0].detail}"
        )
