"""`mlflow-ha`: what waits, what was refused, and whether the server is there.

Exit codes: 0 all is well; 1 something waits, was refused or is not as it should be; 2 wrong usage.
What can be told of a failure is told in a line or two, never as a stack trace.
"""

from __future__ import annotations

import json
import sys
import time
from dataclasses import asdict
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
    from mlflow_ha.census import queues  # noqa: PLC0415
    from mlflow_ha.server import server_at  # noqa: PLC0415

    settings = current()
    found = queues(settings.spool_dir)
    uri = settings.effective_tracking_uri
    server = server_at(uri, settings) if uri.startswith(("http://", "https://")) else None
    there = server.is_back() if server else None
    told = {
        "server": server.address if server else uri,
        "writable": there,
        "waiting": sum(queue.waiting for queue in found),
        "oldest_seconds": round(max((queue.oldest_seconds for queue in found), default=0.0), 1),
        "refused": sum(queue.refused for queue in found),
        "spool": str(settings.spool_dir.expanduser()),
        "spooling": settings.spool,
    }
    if as_json:
        click.echo(json.dumps(told))
    else:
        for name, value in told.items():
            click.echo(f"{name.replace('_', ' '):15} {value}")
    sys.exit(1 if there is False or told["waiting"] or told["refused"] else 0)


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
    from mlflow_ha.census import queues  # noqa: PLC0415
    from mlflow_ha.control import flush as send  # noqa: PLC0415

    if refused:
        _accept_refused()
    until = time.monotonic() + timeout
    while not send(min(_A_LOOK, max(0.0, until - time.monotonic()))):
        left = sum(queue.waiting for queue in queues(current().spool_dir))
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
    """Check that MLflow uses this package, that the server answers, that the spool is sound."""
    from mlflow_ha.doctor import Verdict, findings  # noqa: PLC0415

    found = []
    for finding in findings(current()):
        found.append(finding)
        if not as_json:
            says = f": {finding.says}" if finding.says else ""
            click.echo(f"{finding.verdict:4} {finding.name}{says}")
    if as_json:
        click.echo(json.dumps([asdict(finding) for finding in found]))
    sys.exit(1 if any(finding.verdict is Verdict.FAIL for finding in found) else 0)


@main.command()
@click.option("--host", default="127.0.0.1", show_default=True, help="Where to listen.")
@click.option("--port", type=click.IntRange(0, 65535), default=9470, show_default=True)
def health(host: str, port: int) -> None:
    """Look at the server all the time, and answer over HTTP how it does; Ctrl-C ends it."""
    from mlflow_ha import extra  # noqa: PLC0415

    with extra.explained():
        from mlflow_ha.health.serving import serve  # noqa: PLC0415
    serve(host, port, lambda address: click.echo(f"health API at {address}", err=True))


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
