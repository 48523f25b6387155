"""The command `python -m tools.pull_request`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from settings import STACKS
from tools.pull_request.changes import PreviewError, changes
from tools.pull_request.comment import Section, comment
from tools.pull_request.costs import cost_section
from tools.pull_request.rules import policy_section

BUILD = Path(__file__).parents[2] / "build"
app = typer.Typer(add_completion=False)


@app.command()
def write(
    stacks: Annotated[list[str], typer.Argument(help="Environments, such as prod.")],
    *,
    base: Annotated[Path, typer.Option(help="A checkout of what it is to be merged into.")],
    output: Annotated[Path | None, typer.Option(help="Where to write; else it is printed.")] = None,
) -> None:
    """Say what build/preview-STACK.json and the settings change, as one comment."""
    try:
        text = comment([_section(stack, base) for stack in stacks])
    except PreviewError as mistake:
        typer.echo(f"error: {mistake}", err=True)
        raise typer.Exit(2) from None
    if output:
        output.write_text(text, encoding="utf-8")
    else:
        typer.echo(text, nl=False)


def _section(stack: str, base: Path) -> Section:
    return Section(
        stack,
        changes(BUILD / f"preview-{stack}.json"),
        cost_section(stack, STACKS, base / "stacks"),
        policy_section(BUILD / f"graph-{stack}.json"),
    )
