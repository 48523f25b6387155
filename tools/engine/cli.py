"""The commands of `python -m tools.engine`."""

from __future__ import annotations

import json
import os
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import boto3
import typer

from tools.engine import command
from tools.engine.outcome import Outcome
from tools.engine.programs import program_of
from tools.engine.session import Engine, EngineError, recorded
from tools.engine.workspace import WorkspaceError
from tools.recording_provider.faults import FaultsError

app = typer.Typer(add_completion=False, no_args_is_help=True)

Stack = Annotated[
    str,
    typer.Argument(
        help="The environment, such as prod (stacks/Pulumi.prod.yaml), or account: bootstrap/."
    ),
]
INTERRUPTED = 130


@app.command()
def preview(
    stack: Stack,
    *,
    as_json: Annotated[bool, typer.Option("--json", help="Print Pulumi's JSON.")] = False,
    expect_no_changes: Annotated[bool, typer.Option(help="Fail if there are any.")] = False,
) -> None:
    """Say what `up` would change.

    With AWS credentials and PULUMI_BACKEND_URL, that is your own stack, asked through the real
    provider. Otherwise it is what was recorded here before, or nothing: then all is to be made.
    """
    options = ["--json"] if as_json else ["--diff"]
    options += ["--expect-no-changes"] if expect_no_changes else []
    if _has_own_account():
        raise typer.Exit(_preview_own(stack, options))
    with _engine(stack) as engine:
        _end_as(engine.preview(*options))


@app.command()
def up(stack: Stack) -> None:
    """Make the stack in the recording provider; nothing of AWS is touched."""
    with _engine(stack) as engine:
        _end_as(engine.up())


@app.command()
def refresh(stack: Stack) -> None:
    """Compare the recorded stack with what the recording provider says exists."""
    with _engine(stack) as engine:
        _end_as(engine.refresh())


@app.command()
def destroy(stack: Stack) -> None:
    """Delete the recorded stack; what is protected is refused, as it would be on AWS."""
    with _engine(stack) as engine:
        _end_as(engine.destroy())


@app.command()
def graph(stack: Stack) -> None:
    """Make the stack from nothing, aside from any other, and write build/graph-STACK.json."""
    build = command.ROOT / "build"
    build.mkdir(exist_ok=True)
    with (
        _reported(),
        tempfile.TemporaryDirectory(prefix="graph-", dir=build) as folder,
        recorded(
            stack, program=program_of(stack), folder=Path(folder), progress=sys.stderr
        ) as engine,
    ):
        made = engine.up()
        if not made.succeeded:
            raise typer.Exit(made.exit_code)
        nodes = engine.graph()
    target = build / f"graph-{stack}.json"
    target.write_text(json.dumps(nodes, indent=1) + "\n", encoding="utf-8")
    typer.echo(f"{target.relative_to(command.ROOT)}: {len(nodes)} resources")


@contextmanager
def _engine(stack: str) -> Iterator[Engine]:
    with (
        _reported(),
        recorded(stack, program=program_of(stack), progress=sys.stdout) as engine,
    ):
        yield engine


@contextmanager
def _reported() -> Iterator[None]:
    """Turn mistakes of the user into a line, and Ctrl-C into its usual exit code."""
    try:
        yield
    except (WorkspaceError, command.PulumiMissingError, EngineError, FaultsError) as error:
        typer.echo(f"error: {error}", err=True)
        raise typer.Exit(1) from None
    except KeyboardInterrupt:
        raise typer.Exit(INTERRUPTED) from None


def _end_as(outcome: Outcome) -> None:
    raise typer.Exit(outcome.exit_code)


def _has_own_account() -> bool:
    return bool(os.environ.get("PULUMI_BACKEND_URL")) and bool(boto3.Session().get_credentials())


def _preview_own(stack: str, options: list[str]) -> int:
    with _reported():
        folder = command.installed()
        code, _ = command.run(
            [
                folder / "pulumi", "preview", "--stack", stack, "--cwd", program_of(stack),
                "--non-interactive", *options,
            ],
            environment=command.with_path(folder, os.environ),
            progress=sys.stdout,
        )  # fmt: skip
        return code
