"""What drills look at on AWS alone: alarms and the canary. Chaos Toolkit calls these by name."""

from __future__ import annotations

import time

from chaos.context import DrillRun, current
from chaos.target import FaultMissed, NotPossible
from chaos.targets.aws import AwsTarget

ASK_EVERY = 10.0
SETTLED_AFTER = 120.0
"""Seconds: CloudWatch judges whole minutes, and the canary runs once in one."""


class WrongAlarm(Exception):  # noqa: N818  a finding, not a defect of the program
    """Alarms said something else than what happened."""


def nobody_is_woken(seconds: float = SETTLED_AFTER) -> None:
    """Watch for `seconds` that no urgent alarm rings: a good failover lets people sleep."""
    run = current()
    alarms = _target(run).alarms
    until = run.clock.now() + seconds
    while (left := until - run.clock.now()) > 0:
        run.tell(f"watching the alarms, {left:.0f} s left")
        if woken := [each for each in alarms.all() if each.rings and each.urgent]:
            raise WrongAlarm("; ".join(f"{each.name} rings: {each.reason}" for each in woken))
        time.sleep(min(left, ASK_EVERY))


def alarm_rings(name: str, within: float) -> None:
    """Wait until the alarm called `name` rings.

    Args:
        name: As its runbook is called.
        within: Seconds.
    """
    run = current()
    alarms = _target(run).alarms
    if name not in [each.name for each in alarms.all()]:
        raise FaultMissed(f"the environment has no alarm {name!r}. Run `pulumi up`")
    run.wait(
        f"waiting for {name} to ring",
        within,
        lambda: (
            None
            if any(each.rings for each in alarms.all() if each.name == name)
            else f"{name} is silent"
        ),
        every=ASK_EVERY,
    )


def alarm_ends(name: str, within: float) -> None:
    """Wait until the alarm called `name` is silent again; arguments as for `alarm_rings`."""
    run = current()
    alarms = _target(run).alarms
    run.wait(
        f"waiting for {name} to end",
        within,
        lambda: (
            f"{name} rings"
            if any(each.rings for each in alarms.all() if each.name == name)
            else None
        ),
        every=ASK_EVERY,
    )


def canary_succeeds(within: float = 300) -> None:
    """Wait until the canary's newest registration has succeeded."""
    run = current()
    run.wait("waiting for the canary", within, _target(run).alarms.canary_obstacle, every=ASK_EVERY)


def _target(run: DrillRun) -> AwsTarget:
    if not isinstance(run.target, AwsTarget):
        run.impossible = f"the {run.target.name} target has neither CloudWatch nor a canary"
        raise NotPossible(run.impossible)
    return run.target
