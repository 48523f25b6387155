"""`python -m chaos walk`."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any

import typer

from chaos.suite import new_folder
from chaos.walk.outing import FAILED, Outing, refuse, seed_or_chance, walked, whole_target
from chaos.walk.plan import episodes
from chaos.walk.record import summary
from chaos.walk.walk import Walk
from tools.evidence import ROOT, write_evidence

WALKS = ROOT / "build" / "walks"
EVIDENCE = ROOT / "docs" / "evidence" / "random-walk.json"
EACH = ROOT / "docs" / "evidence" / "random-walk"
COMMAND = ".venv/bin/python -m chaos walk --failovers 25 --evidence"


def walk(  # noqa: PLR0917  typer makes options of them
    seed: Annotated[int | None, typer.Option(min=0, help="Repeats a walk; else by chance.")] = None,
    minutes: Annotated[float, typer.Option(min=0, help="End after this; 0: no limit.")] = 0,
    failovers: Annotated[int, typer.Option(min=0, help="End after so many; 0: no limit.")] = 0,
    threads: Annotated[int, typer.Option(min=1, max=64, help="Writers.")] = 8,
    evidence: Annotated[
        bool, typer.Option("--evidence", help="Keep it in docs/evidence/, with all before.")
    ] = False,
    out: Annotated[Path, typer.Option(help="History and result go to OUT/<time>.")] = WALKS,
) -> None:
    """Break the local cluster by chance for a while; nothing acknowledged may be lost or doubled.

    The seed decides which faults come, and when. Exit code 1: something was lost, doubled, or did
    not become whole again; 2: it could not start; 130: interrupted.
    """
    if not minutes and not failovers:
        refuse("no end: add --minutes 10 or --failovers 25")
    chosen = seed_or_chance(seed)
    enough = _enough(minutes, failovers)
    outing = Outing(chosen, episodes(chosen), enough, threads, new_folder(out))
    target = whole_target()
    found = walked(outing, target)
    if evidence:
        _keep(found, f"{outing.folder.name}-seed-{chosen}.json", dict(target.versions()))
    if found["verdict"] == "failed":
        raise typer.Exit(FAILED)


def _enough(minutes: float, failovers: int) -> Callable[[Walk], bool]:
    def enough(run: Walk) -> bool:
        walked = run.clock.now() - run.clock.monotonic
        return bool(minutes and walked >= minutes * 60) or bool(
            failovers and run.failovers >= failovers
        )

    return enough


def _keep(found: dict[str, Any], name: str, versions: dict[str, str]) -> None:
    """Add a walk to all walks that are kept, and sum them up anew.

    Walks take hours, so they are kept one by one, each with its commit, versions and machine.
    """
    write_evidence(EACH / name, COMMAND, found, versions)
    kept = [json.loads(path.read_text(encoding="utf-8")) for path in sorted(EACH.glob("*.json"))]
    write_evidence(EVIDENCE, COMMAND, summary(kept), versions)
