"""What drills look at. Chaos Toolkit calls these by name; the current drill comes from context.

chaoslib checks tolerances only in the hypothesis. Probes of the method therefore raise.
"""

from __future__ import annotations

import time

from chaos import timeline
from chaos.context import DrillRun, current
from chaos.ledger.outage import first_success_invoked_after, longest_gap
from chaos.target import FaultMissed

SETTLING = 15.0
"""What a standby needs to replay after a burst of writes; seconds, seen up to 3 MB behind."""
LANDING = 5.0
"""A kill or a freeze is over in milliseconds; longer means it did not happen."""
STEADY_GAP = 1.0
WATCH_INTERVAL = 2.0
ASKING_INTERVAL = 0.5
"""Asking for redundancy asks every host: more often would slow what is being measured."""


class FleetChanged(Exception):  # noqa: N818  a finding, not a defect of the program
    """Instances were restarted or taken out, although nothing was wrong with them."""


def nothing_is_missing() -> str:
    """What keeps the service from full redundancy, or "nothing".

    A standby that is still reading what the last drill wrote gets some seconds for it: a drill
    has to begin from rest, and what never comes to rest is a finding.
    """
    target, clock = current().target, current().clock
    deadline = clock.now() + SETTLING
    while (missing := target.missing()) and clock.now() < deadline:
        time.sleep(ASKING_INTERVAL)
    return "; ".join(missing) or "nothing"


def a_write_succeeds() -> bool:
    """Whether one create is acknowledged now; it is in the books like all others."""
    run = current()
    run.client.prepare()
    return run.writers.write_once().acknowledged


def fault_landed() -> str:
    """Proof that the last fault really happened."""
    run = current()
    if not run.faults:
        raise FaultMissed("no fault was injected")
    fault = run.faults[-1]
    deadline = run.clock.now() + LANDING
    while (contradiction := fault.landed()) is not None:
        if run.clock.now() > deadline:
            raise FaultMissed(f"{fault.description}: {contradiction}")
        time.sleep(0.05)
    preparing = run.at(timeline.INJECTED) is None
    run.mark(timeline.REDUNDANCY_REMOVED if preparing else timeline.LANDED, fault.description)
    return fault.description


def writes_flow(steady: float = 5.0) -> float:
    """Wait until writes have flowed for `steady` seconds without a pause of a second.

    Every write counted was sent after the fault (or, once healed, after healing): an answer that
    was on its way when the fault happened proves nothing.
    """
    run = current()
    since = run.at(timeline.HEALED) or run.at(timeline.INJECTED)
    if since is None:
        raise FaultMissed("no fault was injected, so there is nothing to recover from")
    run.wait(
        "waiting for writes to flow",
        run.settings.objectives.recovery,
        lambda: _obstacle_to_flow(run, since, steady),
    )
    return run.clock.now() - since


def redundancy_restored() -> float | None:
    """Wait until nothing is missing; counted from healing, or from a fault that needs none."""
    run = current()
    since = run.at(timeline.HEALED) or run.at(timeline.INJECTED)
    if since is None or since == run.waited_since:
        return None  # nothing was broken, or the rollback asks again after the method did
    run.waited_since = since
    run.wait(
        "waiting for full redundancy",
        run.limits.redundancy,
        lambda: "; ".join(run.target.missing()) or None,
        every=ASKING_INTERVAL,
    )
    mark = run.mark(timeline.REDUNDANCY)
    return mark.at - since


def fleet_stays(seconds: float) -> None:
    """Watch for `seconds` that no balancer takes an instance out, and none is restarted."""
    run = current()
    everyone = frozenset(run.instances)
    until = run.clock.now() + seconds
    while (left := until - run.clock.now()) > 0:
        run.tell(f"watching the fleet, {left:.0f} s left")
        for balancer, kept in run.target.in_rotation().items():
            if out := everyone - kept:
                raise FleetChanged(f"{balancer} took out {', '.join(sorted(out))}")
        time.sleep(min(left, WATCH_INTERVAL))
    same_instances()


def same_instances() -> None:
    """No MLflow instance was restarted since before the fault."""
    run = current()
    now = run.target.instances()
    if other := sorted(name for name, was in run.instances.items() if now.get(name) != was):
        raise FleetChanged(f"{', '.join(other)} restarted")


def _obstacle_to_flow(run: DrillRun, since: float, steady: float) -> str | None:
    now = run.clock.now()
    start = max(since, now - steady)
    fresh = [o for o in run.history.since(start) if o.invoked >= since]
    if first_success_invoked_after(fresh, since) is None:
        return "no success yet"
    if now - since < steady:
        return f"steady for {now - since:.0f} of {steady:g} s"
    gap = longest_gap(fresh, start, now)
    if gap.seconds > STEADY_GAP:
        return f"a pause of {gap.seconds:.1f} s in the last {steady:g} s"
    return None
