"""The status as a table for people."""

from __future__ import annotations

from rich.console import Group, RenderableType
from rich.table import Table

from local.status import ArchiveStatus, Status


def status_table(status: Status) -> RenderableType:
    table = Table("host", "address", "service", "port", "pid", "state", title=status.endpoint)
    for host in status.hosts:
        for position, service in enumerate(host.services):
            state = "[green]running[/]" if service.running else "[red]down[/]"
            table.add_row(
                host.name if position == 0 else "",
                host.address if position == 0 else "",
                service.name,
                str(service.port or ""),
                str(service.pid or ""),
                f"{state} [bold]leader[/]" if service.leader else state,
            )
    told = [f"[red]missing:[/] {gap}" for gap in status.missing]
    return Group(
        table, *(told or ["[green]healthy: nothing is missing[/]"]), _archive(status.archive)
    )


def _archive(archive: ArchiveStatus | None) -> str:
    if archive is None:
        return "[yellow]WAL archive:[/] no primary tells how far it is"
    if archive.failing:
        return f"[red]WAL archive:[/] the last attempt failed, {archive.waiting} files wait"
    return f"WAL archive: {archive.last or 'nothing sent yet'}, {archive.waiting} files wait"
