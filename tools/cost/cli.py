"""The command `python -m tools.cost`."""

from __future__ import annotations

from typing import Annotated

import typer

from settings import SettingsError, load
from tools.cost.bill import fewest, most
from tools.cost.prices import PriceError
from tools.cost.text import as_json as json_of
from tools.cost.text import markdown as markdown_of
from tools.cost.text import text

app = typer.Typer(add_completion=False)


@app.command()
def cost(
    stack: Annotated[str, typer.Argument(help="The environment, such as prod.")],
    *,
    as_json: Annotated[bool, typer.Option("--json", help="Both bills as JSON.")] = False,
    as_markdown: Annotated[bool, typer.Option("--markdown", help="As a table.")] = False,
) -> None:
    """Print what an environment costs a month, line by line; the total is the last line."""
    if as_json and as_markdown:
        raise typer.BadParameter("--json and --markdown exclude each other. Give one of them")
    show = json_of if as_json else markdown_of if as_markdown else text
    try:
        settings = load(stack)
        typer.echo(show(fewest(settings), most(settings)))
    except (PriceError, SettingsError) as mistake:
        typer.echo(f"error: {mistake}", err=True)
        raise typer.Exit(2) from None
