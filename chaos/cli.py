"""`python -m chaos`: list drills, run them, and measure the evidence."""

from __future__ import annotations

import json
import platform
import sys
from dataclasses import replace
from enum import StrEnum
from importlib.metadata import version
from pathlib import Path
from typing import Annotated, Any, NoReturn

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

import settings as settings_module
from chaos import comparison, targets
from chaos import drill as drills
from chaos import smoke as fitness
from chaos.crews import kind as crews
from chaos.crews.crews import CrewFailed
from chaos.drill import Drill, DrillError
from chaos.evidence import collect
from chaos.plan import FULL, QUICK, PlanError, in_order_of, planned
from chaos.progress import OnConsole
from chaos.result import Result
from chaos.suite import Suite, new_folder
from chaos.target import TargetError
from chaos.verdict import Verdict
from chaos.walk.availability import availability
from chaos.walk.command import walk
from settings import Settings, SettingsError
from tools.client_environment import NoEnvironment
from tools.evidence import write_evidence

ROOT = Path(__file__).parent.parent
REPORTS = ROOT / "build" / "drills"
EVIDENCE = ROOT / "docs" / "evidence" / "drills.json"
CLIENTS = ROOT / "docs" / "evidence" / "clients.json"
USAGE, FAILED, INTERRUPTED = 2, 1, 130
THREADS = 8
"""One registration takes some 100 ms, so eight threads reach more than 60 writes per second."""
FEW_THREADS = 2
"""Beside clients whose own latency is measured: enough to tell when the service is back."""


class Together(StrEnum):
    """Drills that are run by one name."""

    FULL = "full"
    QUICK = "quick"


app = typer.Typer(
    no_args_is_help=True, add_completion=False, help="Break the service on purpose, and judge it."
)
app.command()(walk)
app.command()(availability)
errors = Console(stderr=True)

TargetOption = Annotated[str, typer.Option(help="What to break: local or aws.")]
StackOption = Annotated[str | None, typer.Option(help="Settings: stacks/Pulumi.<stack>.yaml.")]
ConfirmOption = Annotated[
    str | None, typer.Option("--confirm", help="The stack's name, typed: for production on AWS.")
]
BudgetOption = Annotated[
    float | None, typer.Option("--budget", help="Minutes; AWS: what lasts is ended after them.")
]
ThreadsOption = Annotated[int, typer.Option(min=1, max=64, help="Writers.")]


@app.command("list")
def list_(as_json: Annotated[bool, typer.Option("--json", help="For scripts.")] = False) -> None:
    """Show every drill: its title, its objective, what it needs."""
    stack = _settings("local")
    rows = [_describe(_load(name), stack) for name in drills.names()]
    if as_json:
        print(json.dumps(rows, indent=2))
        return
    table = Table(box=None, pad_edge=False)
    for column in ("drill", "what happens", "objective", "needs"):
        table.add_column(column, overflow="fold")
    for row in rows:
        title = row["title"] + (" (must fail)" if row["must_fail"] else "")
        table.add_row(
            row["name"], title, f"{row['objective_seconds']:g} s", ", ".join(row["needs"])
        )
    Console().print(table)


@app.command()
def run(  # noqa: PLR0917  typer makes options of them
    names: Annotated[
        list[str] | None, typer.Argument(metavar="NAME…", help="Drills, see `list`.")
    ] = None,
    together: Annotated[
        Together | None, typer.Option("--suite", help="Instead of names: those that must pass.")
    ] = None,
    seed: Annotated[
        int | None, typer.Option(min=0, help="An order by chance; the same for the same seed.")
    ] = None,
    target: TargetOption = "local",
    stack: StackOption = None,
    confirm: ConfirmOption = None,
    budget: BudgetOption = None,
    json_file: Annotated[
        str | None, typer.Option("--json", metavar="FILE", help="Results; - is standard output.")
    ] = None,
    repeat: Annotated[int, typer.Option(min=1, help="Times each drill runs.")] = 1,
    threads: ThreadsOption = THREADS,
    out: Annotated[Path, typer.Option(help="Reports go to OUT/<time>.")] = REPORTS,
) -> None:
    """Run drills. Exit code 1: a verdict is failed; 2: it could not start; 130: interrupted."""
    chosen = _chosen(names or [], together)
    if seed is not None:
        chosen = in_order_of(seed, chosen)
    suite, screen = _suite(target, stack, threads, out, confirm=confirm, budget=budget)
    results: list[Result] = []
    try:
        for result in suite.run(chosen, repeat):
            results.append(result)
            _announce(result)
    except KeyboardInterrupt:
        errors.print("[red]interrupted again:[/] a fault may still be in place")
        raise typer.Exit(INTERRUPTED) from None
    finally:
        screen.close()
        _write(json_file, [result.to_json() for result in results])
    errors.print(f"report: {suite.folder / 'index.html'}", highlight=False, soft_wrap=True)
    if any(result.interrupted for result in results):
        raise typer.Exit(INTERRUPTED)
    if any(result.judgement.verdict is Verdict.FAILED for result in results):
        raise typer.Exit(FAILED)


@app.command()
def smoke(
    target: TargetOption = "local",
    stack: StackOption = None,
    confirm: ConfirmOption = None,
    within: Annotated[float, typer.Option(min=0, help="Seconds to wait for a write.")] = 300,
    rounds: Annotated[int, typer.Option(min=1, help="Of training.")] = 20,
) -> None:
    """Train and register through the front door, then one mild drill: is it fit for use?"""
    suite, screen = _suite(target, stack, THREADS, REPORTS, confirm=confirm)
    try:
        door = suite.target.front_door()
        waited = fitness.wait_until_writable(
            door.url, within=within, tell=lambda said: errors.print(said, highlight=False)
        )
        errors.print(f"a write would succeed at {door.url}, after {waited:.0f} s", highlight=False)
        fitness.train(door, rounds=rounds)
        [result] = replace(suite, crew_kinds=()).run([_load(fitness.DRILL)], 1)
        _announce(result)
    except fitness.NotFitError as error:
        errors.print(f"[red]not fit for use:[/] {escape(str(error))}", highlight=False)
        raise typer.Exit(FAILED) from None
    finally:
        screen.close()
    if result.judgement.verdict is not Verdict.PASSED:
        raise typer.Exit(FAILED)


@app.command()
def evidence(
    only: Annotated[
        list[str] | None, typer.Option(help="Only this drill; may be given again.")
    ] = None,
    threads: ThreadsOption = THREADS,
    fresh: Annotated[bool, typer.Option("--fresh", help="Forget repeats kept before.")] = False,
) -> None:
    """Run the committed list of drills against the local cluster; write docs/evidence/drills.json.

    Finished repeats are kept under build/, so a killed run goes on where it stopped.
    """
    try:
        plan = planned(FULL, only or [])
    except PlanError as error:
        _refuse(str(error))
    suite, screen = _suite("local", None, threads, REPORTS)
    try:
        complete, unexpected = collect(
            plan, suite, kept=ROOT / "build" / "evidence" / "drills", output=EVIDENCE, fresh=fresh
        )
    finally:
        screen.close()
    for text in unexpected:
        errors.print(f"[red]not as expected:[/] {escape(text)}", highlight=False)
    if not complete:
        raise typer.Exit(INTERRUPTED)
    if unexpected:
        raise typer.Exit(FAILED)


@app.command()
def compare(
    as_evidence: Annotated[
        bool, typer.Option("--evidence", help="Write docs/evidence/clients.json.")
    ] = False,
    calls: Annotated[
        int, typer.Option(min=1, help="Of each client, while nothing is broken.")
    ] = comparison.CALLS,
    threads: ThreadsOption = FEW_THREADS,
) -> None:
    """Stock MLflow, mlflow-ha and its spool side by side through six faults, and without any.

    Takes some 15 minutes. The result goes to the report's folder, or to docs/evidence/.
    """
    suite, screen = _suite("local", None, threads, REPORTS)
    output = CLIENTS if as_evidence else suite.folder / CLIENTS.name
    try:
        result = comparison.compare(suite, calls=calls, announce=_announce)
    except (CrewFailed, NoEnvironment) as error:
        errors.print(f"[red]not measured:[/] {escape(str(error))}", highlight=False)
        raise typer.Exit(FAILED) from None
    except KeyboardInterrupt:
        raise typer.Exit(INTERRUPTED) from None
    finally:
        screen.close()
    if result is None:
        raise typer.Exit(INTERRUPTED)
    write_evidence(output, comparison.COMMAND, result, dict(suite.versions))
    errors.print(f"written: {output}", highlight=False, soft_wrap=True)
    surprising = comparison.surprises(result)
    for text in surprising:
        errors.print(f"[red]not as expected:[/] {escape(text)}", highlight=False)
    if surprising:
        raise typer.Exit(FAILED)


def _suite(
    target: str,
    stack: str | None,
    threads: int,
    out: Path,
    *,
    confirm: str | None = None,
    budget: float | None = None,
) -> tuple[Suite, OnConsole]:
    environment = _settings(stack or "local")
    try:
        opened = targets.open_target(target, stack, confirmed=confirm, minutes=budget)
    except TargetError as error:
        _refuse(str(error))
    screen = OnConsole(errors)
    versions = {
        **opened.versions(),
        "chaostoolkit-lib": version("chaostoolkit-lib"),
        "python": platform.python_version(),
    }
    suite = Suite(
        opened, environment, new_folder(out), threads, screen, versions, crew_kinds=crews.ALL
    )
    return suite, screen


def _settings(stack: str) -> Settings:
    try:
        return settings_module.load(stack)
    except SettingsError as error:
        _refuse(str(error))


def _chosen(names: list[str], together: Together | None) -> list[Drill]:
    if bool(names) == bool(together):
        _refuse("say which drills: their names (see `list`), or --suite full, or --suite quick")
    if together is Together.QUICK:
        names = list(QUICK)
    elif together is Together.FULL:
        names = [name for name, _ in FULL]
    loaded = [_load(name) for name in names]
    return loaded if together is None else [each for each in loaded if not each.terms.must_fail]


def _load(name: str) -> Drill:
    try:
        return drills.load(name)
    except DrillError as error:
        _refuse(str(error))


def _refuse(text: str) -> NoReturn:
    errors.print(f"[red]error:[/] {escape(text)}", highlight=False, soft_wrap=True)
    raise typer.Exit(USAGE)


def _describe(drill: Drill, stack: Settings) -> dict[str, Any]:
    return {
        "name": drill.name,
        "title": drill.title,
        "objective": drill.terms.objective,
        "objective_seconds": drills.resolve(stack, drill.terms.objective),
        "needs": drill.needs,
        "must_fail": drill.terms.must_fail and drill.terms.must_fail.value,
    }


def _announce(result: Result) -> None:
    colour = {Verdict.PASSED: "green", Verdict.FAILED: "red"}.get(
        result.judgement.verdict, "yellow"
    )
    errors.print(
        f"[bold {colour}]{result.judgement.verdict.value}[/]  {result.drill.name}: "
        f"{escape(result.judgement.reason)}",
        highlight=False,
        soft_wrap=True,
    )


def _write(destination: str | None, results: list[dict[str, Any]]) -> None:
    if destination is None:
        return
    text = json.dumps(results, indent=2) + "\n"
    if destination == "-":
        sys.stdout.write(text)
    else:
        Path(destination).write_text(text, encoding="utf-8")
