"""`mlflow-ha`: what waits, what was refused, and whether the server is there.

Exit codes: 0 all is well; 1 something waits, was refused or is not as it should be; 2 wrong usage.
"""

from __future__ import annotations

import importlib.metadata
import json
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click

from mlflow_ha.settings import SettingsError, current

as_json = click.option("--json", "as_json", is_flag=True, help="For scripts.")
_A_LOOK = 2.0


class _Group(click.Group):
    def invoke(self, ctx: click.Context) -> Any:
        from mlflow_ha.errors import MlflowHaError  # noqa: PLC0415

        try:
            return super().invoke(ctx)
        except SettingsError as error:
            raise click.ClickException(str(error)) from None
        except MlflowHaError as error:
            raise click.ClickException(error.message) from None


@click.group(cls=_Group, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="mlflow-ha")
def main() -> None:
    """MLflow through outages: the spool, and the server as this machine sees it."""


def _operations() -> list[dict[str, Any]]:
    from mlflow_ha.spool.folder import all_folders, opened  # noqa: PLC0415

    found = []
    for folder in all_folders(current().spool_dir):
        with opened(folder) as contents:
            found += [
                {
                    "id": f"{folder.path.name[:4]}-{operation.number}",
                    "server": folder.server,
                    "operation": operation.message.api,
                    "endpoint": operation.message.endpoint,
                    "body": operation.message.body,
                    "files": str(folder.files / operation.message.key)
                    if operation.staged
                    else None,
                    "age_seconds": round(time.time() - operation.at, 1),
                    "process": operation.process,
                    "refused": operation.refusal,
                    "key": operation.message.key,
                }
                for operation in contents.log.all()
            ]
    return found


@main.command()
@as_json
def status(as_json: bool) -> None:
    """Is the server there, and how much waits for it?"""
    from mlflow_ha.server import Server  # noqa: PLC0415

    found = _operations()
    uri = current().effective_tracking_uri
    there = Server(uri, current()).is_back() if uri.startswith("http") else None
    waiting = [operation for operation in found if not operation["refused"]]
    told = {
        "server": Server(uri, current()).address if there is not None else uri,
        "writable": there,
        "waiting": len(waiting),
        "oldest_seconds": max((o["age_seconds"] for o in waiting), default=0),
        "refused": len(found) - len(waiting),
        "spool": str(current().spool_dir.expanduser()),
        "spooling": current().spool,
    }
    if as_json:
        click.echo(json.dumps(told))
    else:
        for name, value in told.items():
            click.echo(f"{name.replace('_', ' '):15} {value}")
    sys.exit(0 if there is not False and not found else 1)


@main.command()
@as_json
def queue(as_json: bool) -> None:
    """List what waits and what was refused, in order."""
    found = _operations()
    if as_json:
        click.echo(json.dumps(found))
        return
    for one in found:
        state = f"refused: {one['refused']}" if one["refused"] else "waits"
        click.echo(f"{one['id']:12} {one['operation']:24} {one['age_seconds']:>9} s  {state}")
    click.echo(f"{len(found)} operations")


@main.command()
@click.option("--timeout", type=float, default=300.0, show_default=True, help="Seconds.")
@click.option("--refused", is_flag=True, help="Send what was refused once more, too.")
def flush(timeout: float, refused: bool) -> None:
    """Send everything that waits; tells how much is left while it does."""
    from mlflow_ha.control import flush as send  # noqa: PLC0415

    if refused:
        _accept_refused()
    until = time.monotonic() + timeout
    while not send(min(_A_LOOK, max(0.0, until - time.monotonic()))):
        left = sum(1 for operation in _operations() if not operation["refused"])
        click.echo(f"{left} operations wait", err=True)
        if time.monotonic() >= until:
            raise click.ClickException(
                f"{left} operations still wait after {timeout:g} s; they are kept. Run it again when "
                "the server is back: mlflow-ha status"
            )
    if bad := [operation for operation in _operations() if operation["refused"]]:
        raise click.ClickException(
            f"{len(bad)} operations were refused by the server. mlflow-ha queue says why; once that "
            "is put right: mlflow-ha flush --refused"
        )
    click.echo("nothing waits")


def _accept_refused() -> None:
    from mlflow_ha.spool.folder import all_folders, opened  # noqa: PLC0415

    for folder in all_folders(current().spool_dir):
        with opened(folder) as contents, contents.database.transaction():
            contents.log.accept_refused()
            contents.names.find_lost()


@main.command()
@as_json
def doctor(as_json: bool) -> None:
    """Check that MLflow uses this package, that the spool can be written, that the server answers."""
    checks = dict(_checks())
    if as_json:
        click.echo(json.dumps(checks))
    else:
        for name, wrong in checks.items():
            click.echo(
                f"{'ok  ' if wrong is None else 'FAIL'} {name}{f': {wrong}' if wrong else ''}"
            )
    sys.exit(1 if any(checks.values()) else 0)


def _checks() -> Iterator[tuple[str, str | None]]:
    from mlflow_ha.errors import SpoolError  # noqa: PLC0415
    from mlflow_ha.plugin import disabled  # noqa: PLC0415
    from mlflow_ha.server import Server  # noqa: PLC0415
    from mlflow_ha.spool.folder import Folder, opened  # noqa: PLC0415

    yield "not disabled", "MLFLOW_HA_DISABLE is set; unset it" if disabled() else None
    found = importlib.metadata.entry_points(group="mlflow.tracking_store", name="http")
    ours = [point for point in found if point.value.startswith("mlflow_ha.")]
    others = [point.value for point in found if not point.value.startswith("mlflow_ha.")]
    yield (
        "MLflow finds the plugin",
        None if ours and not others else f"others claim http: {others}; uninstall them or this",
    )
    uri = current().effective_tracking_uri
    if not uri.startswith("http"):
        yield "tracking URI", f"{uri} is no http address; set MLFLOW_TRACKING_URI"
        return
    server = Server(uri, current())
    yield (
        f"{server.address} takes writes",
        None if server.is_back() else "it does not; look at its own status, or at the network",
    )
    try:
        folder = Folder(current().spool_dir, server.address)
        with opened(folder) as contents, contents.database.transaction() as do:
            do.execute("CREATE TABLE doctor (word TEXT)")
            do.execute("DROP TABLE doctor")
        aside = [path.name for path in folder.set_aside.iterdir()]
        yield "the spool can be written", None
        yield (
            "no spool was set aside",
            f"see {folder.set_aside}; remove what you have looked at" if aside else None,
        )
    except SpoolError as error:
        yield "the spool can be written", error.message


@main.command()
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
def export(file: Path) -> None:
    """Write all operations, one JSON object a line, to FILE; nothing is removed."""
    fresh = file.with_name(f".{file.name}.part")
    found = _operations()
    fresh.write_text("".join(json.dumps(operation) + "\n" for operation in found), encoding="utf-8")
    fresh.replace(file)
    click.echo(f"{len(found)} operations in {file}")


@main.command()
@click.argument("ids", nargs=-1, required=True)
@click.confirmation_option(prompt="They will never reach the server. Go on?")
def drop(ids: tuple[str, ...]) -> None:
    """Give up operations, named as `mlflow-ha queue` names them."""
    from mlflow_ha.spool.folder import all_folders, opened  # noqa: PLC0415
    from mlflow_ha.spool.naming import made  # noqa: PLC0415
    from mlflow_ha.spool.staging import Staging  # noqa: PLC0415

    wanted = set(ids)
    for folder in all_folders(current().spool_dir):
        with opened(folder) as contents:
            for operation in contents.log.all():
                name = f"{folder.path.name[:4]}-{operation.number}"
                if name not in wanted:
                    continue
                with contents.database.transaction():
                    given = made(operation.message.api, operation.answer)
                    contents.names.lose(given, "it was dropped")
                    contents.log.remove([operation.number])
                Staging(folder.files).remove(operation.message.key)
                wanted.remove(name)
    if wanted:
        raise click.ClickException(
            f"not dropped: {', '.join(sorted(wanted))}. They do not exist; see: mlflow-ha queue"
        )
