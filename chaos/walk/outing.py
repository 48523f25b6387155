"""One walk for a command: its target is whole before, its books are read back afterwards."""

from __future__ import annotations

import json
import secrets
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NoReturn

import typer
from rich.console import Console
from rich.markup import escape

from chaos import targets
from chaos.clock import Clock
from chaos.ledger.client import ServiceSilent
from chaos.ledger.judge import Account
from chaos.ledger.rest import RestClient
from chaos.progress import OnConsole
from chaos.target import FaultMissed, NotPossible, TargetError
from chaos.walk.plan import Episode
from chaos.walk.record import record
from chaos.walk.walk import Failing, Walk, WalkStuck, history_in
from tools.evidence import write_atomically

USAGE, FAILED, INTERRUPTED = 2, 1, 130
SEEDS = 10_000
errors = Console(stderr=True)


@dataclass(frozen=True)
class Outing:
    """What a walk is to be.

    Attributes:
        seed: Of its plan; kept in the record.
        plan: Episodes, without end.
        enough: Asked before each episode.
        threads: Writers.
        folder: Made for its history.
    """

    seed: int
    plan: Iterator[Episode]
    enough: Callable[[Walk], bool]
    threads: int
    folder: Path


def seed_or_chance(seed: int | None) -> int:
    return secrets.randbelow(SEEDS) if seed is None else seed


def whole_target() -> Failing:
    """The local cluster, if it is whole and counts its failovers; otherwise exit code 2."""
    try:
        target = targets.open_target("local")
    except TargetError as error:
        refuse(str(error))
    if not isinstance(target, Failing):
        refuse(f"the target {target.name!r} does not count its failovers")
    if gaps := target.missing():
        refuse(f"not whole to begin with: {'; '.join(gaps)}")
    return target


def walked(outing: Outing, target: Failing) -> dict[str, Any]:
    """Walk, tell its seed and its result, and return the record; whatever it broke is healed.

    Exit code 1 if nothing is known of the writes, 2 if it could not start, 130 if interrupted.
    """
    errors.print(f"seed {outing.seed}: repeat with --seed {outing.seed}", highlight=False)
    clock = Clock()
    prefix = f"walk-{outing.seed}-{secrets.token_hex(3)}"
    client = RestClient(target.front_door(), prefix=prefix, threads=outing.threads)
    screen = OnConsole(errors)
    stuck = None
    try:
        with history_in(outing.folder) as history:
            run = Walk(target, client, history, clock, screen, outing.threads)
            try:
                run.run(outing.plan, enough=outing.enough)
            except (WalkStuck, FaultMissed) as error:
                stuck = str(error)
            screen.status("reading everything back")
            seconds = clock.now() - clock.monotonic
            found = record(outing.seed, run.told, _books(run), seconds=seconds, stuck=stuck)
    except KeyboardInterrupt:
        errors.print("interrupted: what was broken is healed, the walk is not kept")
        raise typer.Exit(INTERRUPTED) from None
    except (NotPossible, ServiceSilent) as error:
        refuse(str(error))
    finally:
        screen.close()
        client.close()
    write_atomically(outing.folder / "walk.json", json.dumps(found, indent=2) + "\n")
    _announce(found)
    return found


def _books(run: Walk) -> Account:
    try:
        return run.books()
    except ServiceSilent as error:
        errors.print(f"[red]nothing is known of the writes:[/] {escape(str(error))}")
        raise typer.Exit(FAILED) from None


def _announce(found: dict[str, Any]) -> None:
    books = found["client"]
    stuck = f"; stuck: {escape(found['stuck'])}" if found["stuck"] else ""
    errors.print(
        f"[bold]{found['verdict']}[/]  seed {found['seed']}: {found['failovers']} failovers, "
        f"{books['acknowledged']} acknowledged, {books['lost']} lost, "
        f"{books['duplicated']} doubled{stuck}",
        highlight=False,
        soft_wrap=True,
    )


def refuse(text: str) -> NoReturn:
    """Exit code 2, with what to do."""
    errors.print(f"[red]error:[/] {escape(text)}", highlight=False, soft_wrap=True)
    raise typer.Exit(USAGE)
