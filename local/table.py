"""The status as a table for people."""

from __future__ import annotations

from rich.console import Group, RenderableType
from rich.table import Table

from local.status import Status


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
    if status.healthy:
        return Group(table, "[green]healthy: nothing is missing[/]")
    return Group(table, *(f"[red]missing:[/] {gap}" for gap in status.missing))
