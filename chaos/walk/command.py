"""`python -m chaos walk`."""

from __future__ import annotations

import json
import secrets
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any, NoReturn

import typer
from rich.console import Console
from rich.markup import escape

from chaos import targets
from chaos.clock import Clock
from chaos.ledger.client import ServiceSilent
from chaos.ledger.judge import Account
from chaos.ledger.rest import RestClient
from chaos.progress import OnConsole
from chaos.suite import new_folder
from chaos.target import FaultMissed, NotPossible, TargetError
from chaos.walk.plan import episodes
from chaos.walk.record import record, summary
from chaos.walk.walk import Failing, Walk, WalkStuck, history_in
from tools.evidence import commit, write_atomically, write_evidence

ROOT = Path(__file__).parent.parent.parent
WALKS = ROOT / "build" / "walks"
KEPT = ROOT / "build" / "evidence" / "random-walk"
EVIDENCE = ROOT / "docs" / "evidence" / "random-walk.json"
COMMAND = ".venv/bin/python -m chaos walk --failovers 25 --evidence"
USAGE, FAILED, INTERRUPTED = 2, 1, 130
SEEDS = 10_000
errors = Console(stderr=True)


def walk(  # noqa: PLR0917  typer makes options of them
    seed: Annotated[int | None, typer.Option(min=0, help="Repeats a walk; else by chance.")] = None,
    minutes: Annotated[float, typer.Option(min=0, help="End after this; 0: no limit.")] = 0,
    failovers: Annotated[int, typer.Option(min=0, help="End after so many; 0: no limit.")] = 0,
    threads: Annotated[int, typer.Option(min=1, max=64, help="Writers.")] = 8,
    evidence: Annotated[
        bool, typer.Option("--evidence", help="Keep it, and write docs/evidence/random-walk.json.")
    ] = False,
    out: Annotated[Path, typer.Option(help="History and result go to OUT/<time>.")] = WALKS,
) -> None:
    """Break the local cluster by chance for a while; nothing acknowledged may be lost or doubled.

    The seed decides which faults come, and when. Exit code 1: something was lost, doubled, or did
    not become whole again; 2: it could not start; 130: interrupted.
    """
    if not minutes and not failovers:
        _refuse("no end: add --minutes 10 or --failovers 25")
    chosen = secrets.randbelow(SEEDS) if seed is None else seed
    folder = new_folder(out)
    found = _walked(chosen, _enough(minutes, failovers), threads, folder)
    write_atomically(folder / "walk.json", json.dumps(found, indent=2) + "\n")
    books = found["client"]
    errors.print(
        f"[bold]{found['verdict']}[/]  seed {chosen}: {found['failovers']} failovers, "
        f"{books['acknowledged']} acknowledged, {books['lost']} lost, "
        f"{books['duplicated']} doubled{_because(found['stuck'])}",
        highlight=False,
        soft_wrap=True,
    )
    if evidence and not found["stuck"]:
        _keep(found)
    if found["verdict"] == "failed":
        raise typer.Exit(FAILED)


def _walked(
    seed: int, enough: Callable[[Walk], bool], threads: int, folder: Path
) -> dict[str, Any]:
    try:
        target = targets.open_target("local")
    except TargetError as error:
        _refuse(str(error))
    if not isinstance(target, Failing):
        _refuse(f"the target {target.name!r} does not count its failovers")
    if gaps := target.missing():
        _refuse(f"not whole to begin with: {'; '.join(gaps)}")
    clock = Clock()
    prefix = f"walk-{seed}-{secrets.token_hex(3)}"
    client = RestClient(target.front_door(), prefix=prefix, threads=threads)
    screen = OnConsole(errors)
    errors.print(f"seed {seed}: repeat with --seed {seed}", highlight=False)
    stuck = None
    try:
        with history_in(folder) as history:
            run = Walk(target, client, history, clock, screen, threads)
            try:
                run.run(episodes(seed), enough=enough)
            except (WalkStuck, FaultMissed) as error:
                stuck = str(error)
            screen.status("reading everything back")
            return record(
                seed, run.told, _books(run), seconds=clock.now() - clock.monotonic, stuck=stuck
            )
    except KeyboardInterrupt:
        errors.print("interrupted: what was broken is healed, the walk is not kept")
        raise typer.Exit(INTERRUPTED) from None
    except (NotPossible, ServiceSilent) as error:
        _refuse(str(error))
    finally:
        screen.close()
        client.close()


def _books(run: Walk) -> Account:
    try:
        return run.books()
    except ServiceSilent as error:
        errors.print(f"[red]nothing is known of the writes:[/] {escape(str(error))}")
        raise typer.Exit(FAILED) from None


def _enough(minutes: float, failovers: int) -> Callable[[Walk], bool]:
    def enough(run: Walk) -> bool:
        walked = run.clock.now() - run.clock.monotonic
        return bool(minutes and walked >= minutes * 60) or bool(
            failovers and run.failovers >= failovers
        )

    return enough


def _keep(found: dict[str, Any]) -> None:
    """Add a walk to those of this commit, and write the evidence from all of them."""
    folder = KEPT / commit()
    number = len(list(folder.glob("*.json"))) + 1 if folder.exists() else 1
    write_atomically(folder / f"{number:03}-seed-{found['seed']}.json", json.dumps(found))
    walks = [json.loads(path.read_text()) for path in sorted(folder.glob("*.json"))]
    target = targets.open_target("local")
    write_evidence(EVIDENCE, COMMAND, summary(walks), dict(target.versions()))


def _because(stuck: object) -> str:
    return f"; stuck: {escape(str(stuck))}" if stuck else ""


def _refuse(text: str) -> NoReturn:
    errors.print(f"[red]error:[/] {escape(text)}", highlight=False, soft_wrap=True)
    raise typer.Exit(USAGE)
