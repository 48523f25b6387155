"""Scan graphs that `make graph` wrote: `python -m tools.scanner build/graph-*.json`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from policies.asked import project_and_stack
from policies.resource import GraphError, read
from tools.scanner import accepted, checkov
from tools.scanner.names import UnknownNameError
from tools.scanner.plan import plan

app = typer.Typer(add_completion=False)


@app.command()
def scan(
    graphs: Annotated[list[Path], typer.Argument(help="What `make graph STACK=…` wrote.")],
) -> None:
    """Print every finding that accepted.yaml does not explain. Ends with 1 if there is one."""
    try:
        resources = [read(path) for path in graphs]
        found = [
            finding
            for one in resources
            for finding in checkov.findings(project_and_stack(one)[1], plan(one))
        ]
    except (GraphError, UnknownNameError, checkov.ScanError) as mistake:
        typer.echo(f"error: {mistake}", err=True)
        raise typer.Exit(2) from None
    left = accepted.unexplained(found, accepted.read())
    for one in left:
        typer.echo(f"{one.environment}  {one.check}  {one.resource}: {one.claim}")
    typer.echo(f"{len(found)} findings, {len(found) - len(left)} of them accepted with a reason")
    raise typer.Exit(bool(left))


app(prog_name="python -m tools.scanner")
