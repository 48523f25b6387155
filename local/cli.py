"""`python -m local`: the cluster's commands."""

from __future__ import annotations

import shlex
import time
from collections.abc import Iterator
from contextlib import contextmanager
from ipaddress import IPv4Network
from pathlib import Path
from typing import Annotated

import typer
from pydantic import ValidationError
from rich.console import Console
from rich.live import Live

import settings
from local import lifecycle
from local.cluster import Cluster, attach
from local.errors import ClusterError, LocalError
from local.state import VARIABLE, State, default_state
from local.switchover import switch_over
from local.table import status_table
from setting_groups.local import Local

app = typer.Typer(
    help="A highly available MLflow on this machine: real servers on emulated hosts.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
console = Console(stderr=True, highlight=False)


class Choice:
    """What the options before the command said."""

    state: State
    network: IPv4Network | None
    stack: str


@app.callback()
def options(
    state: Annotated[
        Path | None, typer.Option(help=f"Folder of the cluster's data.  [env: {VARIABLE}]")
    ] = None,
    network: Annotated[
        str | None, typer.Option(help="A /24 out of 198.18.0.0/15, if not the stack's own.")
    ] = None,
    stack: Annotated[str, typer.Option(help="Settings: stacks/Pulumi.STACK.yaml.")] = "local",
) -> None:
    Choice.state = State(state.resolve() if state else default_state())
    Choice.stack = stack
    try:
        Choice.network = Local(network=IPv4Network(network)).network if network else None
    except ValidationError as error:
        raise typer.BadParameter(str(error.errors()[0]["ctx"]["error"])) from error
    except ValueError as error:
        raise typer.BadParameter(f"{error}. Use for instance 198.18.7.0/24") from error


@app.command()
def up() -> None:
    """Start the cluster and wait until a client can write through the front door."""
    started = time.monotonic()

    def progress(text: str) -> None:
        console.print(f"[dim]{time.monotonic() - started:5.1f} s[/]  {text}")

    with _errors_as_text():
        cluster = lifecycle.up(Choice.state, _network(), Choice.stack, progress)
        _print_welcome(cluster)


@app.command()
def down() -> None:
    """Stop the cluster; its data stays."""
    with _errors_as_text():
        lifecycle.down(Choice.state, console.print)


@app.command()
def clean() -> None:
    """Stop the cluster and delete its data."""
    with _errors_as_text():
        lifecycle.clean(Choice.state, console.print)


@app.command()
def status(
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object for scripts.")] = False,
    watch: Annotated[bool, typer.Option("--watch", help="A live table, until Ctrl-C.")] = False,
) -> None:
    """Show every host and service. Exit code 1 while anything is missing."""
    with _errors_as_text():
        cluster = attach(Choice.state.path)
        found = cluster.status()
        if as_json:
            print(found.model_dump_json(indent=2))
        elif watch:
            _watch(cluster)
        else:
            Console().print(status_table(found))
    raise typer.Exit(0 if found.healthy else 1)


@app.command()
def switchover() -> None:
    """Make a standby the primary, while the poolers hold transactions back: no client fails."""
    with _errors_as_text():
        switch_over(attach(Choice.state.path), console.print)


@app.command()
def env() -> None:
    """Print the variables a plain MLflow client needs: eval "$(python -m local env)"."""
    with _errors_as_text():
        for name, value in attach(Choice.state.path).client_environment().items():
            print(f"export {name}={shlex.quote(value)}")


@app.command()
def logs(
    host: Annotated[str, typer.Argument(help="A host, such as db-1.")],
    service: Annotated[str | None, typer.Argument(help="A service on it, such as patroni.")] = None,
    lines: Annotated[int, typer.Option("--lines", "-n", min=1, help="How many.")] = 50,
) -> None:
    """Print the last lines of a service's log, or name the logs of a host."""
    with _errors_as_text():
        site = Choice.state.site() if Choice.state.exists else None
        folder = site.log(host) if site else Choice.state.path
        known = sorted(path.stem for path in folder.glob("*.log"))
        if not known:
            raise ClusterError(f"no logs of {host!r} in {folder}. Hosts are named as in `status`")
        if service is None:
            print("\n".join(known))
        elif service not in known:
            raise ClusterError(f"{host} has no log {service!r}. It has: {', '.join(known)}")
        else:
            text = (folder / f"{service}.log").read_text(errors="replace")
            print("\n".join(text.splitlines()[-lines:]))


def _network() -> IPv4Network:
    if Choice.network is not None:
        return Choice.network
    if Choice.state.exists:
        return IPv4Network(str(Choice.state.record()["network"]))
    return settings.load(Choice.stack).local.network


def _print_welcome(cluster: Cluster) -> None:
    print(f"MLflow is up: {cluster.endpoint}")
    print(f"  user admin, password: the value of `admin` in {cluster.credentials_file}")
    print('  in a shell:  eval "$(.venv/bin/python -m local env)"')


def _watch(cluster: Cluster) -> None:
    try:
        with Live(status_table(cluster.status()), auto_refresh=False) as live:
            while True:
                time.sleep(1)
                live.update(status_table(cluster.status()), refresh=True)
    except KeyboardInterrupt:
        return


@contextmanager
def _errors_as_text() -> Iterator[None]:
    try:
        yield
    except (LocalError, settings.SettingsError) as error:
        console.print(f"[red]error:[/] {error}", soft_wrap=True)
        raise typer.Exit(1) from None
    except OSError as error:
        console.print(f"[red]error:[/] {error}", soft_wrap=True)
        raise typer.Exit(1) from None
    except KeyboardInterrupt:
        console.print("interrupted; the same command goes on from here")
        raise typer.Exit(130) from None
