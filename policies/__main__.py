"""Ask every rule about a graph that `make graph` wrote: `python -m policies build/graph-prod.json`."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from policies.asked import asked_for, project_and_stack
from policies.graph import Graph, pages
from policies.resource import GraphError, read
from policies.rules import Broken, broken
from settings import SettingsError

app = typer.Typer(add_completion=False)


@app.command()
def check(
    graph: Annotated[Path, typer.Argument(help="What `make graph STACK=…` wrote.")],
    *,
    as_json: Annotated[bool, typer.Option("--json", help="Print violations as JSON.")] = False,
) -> None:
    """Print every violation: resource, rule, remedy. Ends with 1 if there is one."""
    try:
        resources = read(graph)
        asked = asked_for(*project_and_stack(resources))
        found = list(broken(Graph(resources, asked, pages())))
    except (GraphError, SettingsError) as mistake:
        typer.echo(f"error: {mistake}", err=True)
        raise typer.Exit(2) from None
    if as_json:
        typer.echo(json.dumps([_as_data(one) for one in found], indent=2))
    else:
        for one in found:
            typer.echo(_as_text(one))
        typer.echo(f"{len(found)} violations among {len(resources)} resources")
    raise typer.Exit(bool(found))


def _as_text(one: Broken) -> str:
    resource = one.violation.resource
    return (
        f"{resource.name} ({resource.type}): {one.violation.problem}. {one.violation.remedy}"
        f"  [{one.rule}]"
    )


def _as_data(one: Broken) -> dict[str, str]:
    resource = one.violation.resource
    return {
        "rule": one.rule,
        "urn": resource.urn,
        "resource": f"{resource.name} ({resource.type})",
        "problem": one.violation.problem,
        "remedy": one.violation.remedy,
    }


app(prog_name="python -m policies")
