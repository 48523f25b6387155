"""Run with `python -m tools.recording_provider`, to use the provider with a `pulumi` of your own."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from tools.recording_provider.server import RecordingProvider

app = typer.Typer(add_completion=False)


@app.command()
def serve(
    journal: Annotated[
        Path, typer.Option(help="Where each request is written, as a line of JSON.")
    ] = Path("build/recording-provider.jsonl"),
    faults: Annotated[
        Path, typer.Option(help="JSON file of requests to fail or delay; read at each request.")
    ] = Path("build/recording-provider-faults.json"),
) -> None:
    """Listen until Ctrl-C, and print the variable that makes Pulumi use this provider."""
    with RecordingProvider(journal, faults) as provider:
        print(" ".join(f"{key}={value}" for key, value in provider.environment.items()), flush=True)
        try:
            provider.wait()
        except KeyboardInterrupt:
            typer.echo(f"recorded in {journal}", err=True)


app(prog_name="python -m tools.recording_provider")
