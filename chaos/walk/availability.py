"""`python -m chaos availability`: counted probes while faults come at a stated rate."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Any

import typer

import settings as settings_module
from chaos.clock import Clock
from chaos.ledger.client import ServiceSilent
from chaos.suite import new_folder
from chaos.walk.outing import FAILED, Outing, errors, refuse, seed_or_chance, walked, whole_target
from chaos.walk.plan import Episode, episodes
from chaos.walk.prober import ANSWER_WITHIN, ANSWERED, EVERY, Prober
from tools.evidence import ROOT, write_evidence

WINDOWS = ROOT / "build" / "availability"
EVIDENCE = ROOT / "docs" / "evidence" / "availability.json"
COMMAND = ".venv/bin/python -m chaos availability --evidence"
THREADS = 2


def availability(
    minutes: Annotated[float, typer.Option(min=1, help="The window.")] = 60,
    every: Annotated[float, typer.Option(min=1, help="Minutes from fault to fault.")] = 5,
    seed: Annotated[int | None, typer.Option(min=0, help="Which faults; else by chance.")] = None,
    evidence: Annotated[
        bool, typer.Option("--evidence", help="Write docs/evidence/availability.json.")
    ] = False,
    out: Annotated[Path, typer.Option(help="History and result go to OUT/<time>.")] = WINDOWS,
) -> None:
    """Count which share of writes is answered in a window in which the cluster is broken on purpose.

    A window with faults in it says what a fault costs. It does not say how often one comes.
    """
    chosen = seed_or_chance(seed)
    clock = Clock()
    ends = clock.now() + minutes * 60
    target = whole_target()
    outing = Outing(
        chosen,
        paced(episodes(chosen), every * 60, clock),
        lambda _walk: clock.now() + every * 60 > ends,
        THREADS,
        new_folder(out),
    )
    prober = Prober(target.front_door())
    began = clock.now()
    try:
        with prober:
            found = walked(outing, target)
            window = clock.now() - began
    except ServiceSilent as error:
        refuse(str(error))
    promised = settings_module.load("local").objectives.availability
    result = counted(prober, window, every, found, promised)
    errors.print(
        f"{result['answered']} of {result['asked']} probes answered: "
        f"{result['availability_percent']} % of {window / 60:.0f} minutes with "
        f"{result['faults']} faults",
        highlight=False,
    )
    if evidence:
        write_evidence(EVIDENCE, COMMAND, result, dict(target.versions()))
    if found["verdict"] == "failed":
        raise typer.Exit(FAILED)


def paced(plan: Iterator[Episode], every: float, clock: Clock) -> Iterator[Episode]:
    """The same episodes, each beginning `every` seconds after the one before, or at once if late."""
    due = clock.now()
    for episode in plan:
        due = max(due + every, clock.now())
        yield replace(episode, rest=max(0.0, due - clock.now()))


def counted(
    prober: Prober, window: float, every: float, walk: dict[str, Any], promised: float
) -> dict[str, Any]:
    """What evidence holds. Pure.

    Args:
        prober: Has ended.
        window: Its length in seconds.
        every: Minutes from fault to fault.
        walk: The record of the faults.
        promised: The share that the service promises, of a month.
    """
    answered = prober.counts[ANSWERED]
    return {
        "window_seconds": round(window, 1),
        "minutes_between_faults": every,
        "faults": len(walk["episodes"]),
        "failovers": walk["failovers"],
        "probe_every_seconds": EVERY,
        "answer_within_seconds": ANSWER_WITHIN,
        "asked": prober.asked,
        "answered": answered,
        "not_answered": {
            name: count for name, count in sorted(prober.counts.items()) if name != ANSWERED
        },
        "availability_percent": round(100 * answered / prober.asked, 3) if prober.asked else None,
        "promised_percent": round(100 * promised, 3),
        "failures_that_the_promise_allows": int(prober.asked * (1 - promised)),
        "outage_seconds": [episode["outage_seconds"] for episode in walk["episodes"]],
        "seed": walk["seed"],
        "walk": walk,
    }
