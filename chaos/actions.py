"""What drills do. Chaos Toolkit calls these by name; the current drill comes from context."""

from __future__ import annotations

import time

from chaos import timeline
from chaos.context import DrillRun, current
from chaos.ledger.session import REQUEST_TIMEOUT
from chaos.target import Fault, NotPossible

SHARPNESS = 1.25
"""A hold that must miss an objective misses it by a quarter, so that noise cannot hide it."""


def start_writers(baseline: float = 5.0) -> None:
    """Let clients write for `baseline` seconds before anything happens."""
    run = current()
    run.client.prepare()
    run.instances.update(run.target.instances())
    run.crews.start(run.tell)
    run.mark(timeline.BASELINE, f"{run.writers.threads} threads, {run.client.name}")
    run.writers.start()
    _pass(run, baseline, "baseline")


def remove_redundancy(verb: str, role: str) -> None:
    """Break what would make the fault harmless. Only negative controls do this."""
    run = current()
    _bring_about(run, _prepare(run, verb, role))


def inject(verb: str, role: str) -> None:
    """Bring about the fault; the outage is counted from the moment before."""
    run = current()
    fault = _prepare(run, verb, role)
    run.mark(timeline.INJECTED, fault.description)
    _bring_about(run, fault)


def hold(seconds: float) -> None:
    """Leave everything as it is for a while."""
    _pass(current(), seconds, "holding the fault")


def hold_past_objective() -> None:
    """Leave the fault in place until the objective cannot be met any more."""
    run = current()
    injected = run.at(timeline.INJECTED)
    until = (run.clock.now() if injected is None else injected) + run.limits.outage * SHARPNESS
    _pass(run, until - run.clock.now(), "holding the fault past the objective")


def heal() -> None:
    """Undo every fault that needs it, the last one first; harmless to repeat."""
    run = current()
    if not any(fault.needs_healing for fault in run.faults):
        run.faults.clear()
        return
    began = run.clock.now()  # booting takes its time, and that counts
    while run.faults:
        fault = run.faults[-1]
        run.tell(f"healing: {fault.description}")
        fault.heal()
        run.faults.pop()
    run.mark(timeline.HEALED, at=began)


def stop_writers() -> None:
    """Let the writers finish what they are at."""
    run = current()
    if run.at(timeline.BASELINE) is None or run.at(timeline.STOPPED) is not None:
        return
    run.mark(timeline.STOPPED)
    run.crews.ask_to_stop()
    run.writers.stop(within=2 * REQUEST_TIMEOUT)


def _prepare(run: DrillRun, verb: str, role: str) -> Fault:
    try:
        return run.fault(verb, role)
    except NotPossible as error:
        run.impossible = str(error)
        raise


def _bring_about(run: DrillRun, fault: Fault) -> None:
    run.faults.append(fault)  # before: a fault that half happened is healed too
    try:
        fault.inject()
    except NotPossible as error:
        run.impossible = str(error)
        raise


def _pass(run: DrillRun, seconds: float, label: str) -> None:
    until = run.clock.now() + seconds
    while (left := until - run.clock.now()) > 0:
        run.tell(f"{label}, {left:.0f} s left")
        time.sleep(min(left, 0.2))
