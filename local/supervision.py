"""One supervisord per host: it starts the host's services and restarts what dies."""

from __future__ import annotations

import sys
import xmlrpc.client
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

from local.passwords import write_private
from local.services.rendering import render
from local.site import NOBODY, Service, Site

# Services see themselves as nobody, without any capability on the machine: root's files stay
# readable to them (a checkout below /root works), root's powers do not reach them.
UNPRIVILEGED = ("unshare", "--user", f"--map-user={NOBODY}", f"--map-group={NOBODY}", "--")


@dataclass(frozen=True)
class Process:
    """What supervisord knows of one service."""

    name: str
    state: str
    pid: int

    @property
    def running(self) -> bool:
        return self.state == "RUNNING"


# supervisord gives its programs an open pipe to read from. A PostgreSQL backend whose postmaster is
# killed while it waits for a standby ends up reading its standard input (syncrep.c sets the
# destination to none, PostgresMain then reads like a single-user backend). On /dev/null it finds
# the end and exits; on a pipe it stays for ever, and its shared memory keeps the node from starting.
WITHOUT_INPUT = """/bin/sh -c 'exec "$0" "$@" </dev/null' """


def write_configuration(site: Site, host: str, services: Sequence[Service]) -> Path:
    """Write every file the host's services need, and supervisord's own.

    Returns:
        The path of supervisord.conf.
    """
    etc = site.etc(host)
    for folder in (etc, site.data(host), site.log(host)):
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    for service in services:
        for name, text in service.files.items():
            write_private(etc / name, text)
    path = etc / "supervisord.conf"
    write_private(
        path,
        render(
            "supervisord.conf.j2",
            socket=site.socket(host, "supervisor"),
            pidfile=site.run / f"{host}.supervisord.pid",
            log=site.log(host),
            data=site.data(host),
            as_root=site.layout.isolated,
            services=[(service, _command(site, service)) for service in services],
            environment=_environment,
        ),
    )
    return path


def command(config: Path) -> list[str]:
    return [
        sys.executable,
        "-m",
        "supervisor.supervisord",
        "--nodaemon",
        f"--configuration={config}",
    ]


def processes(socket: Path, *, timeout: float = 2) -> list[Process]:
    """Ask a host's supervisord for its services.

    Args:
        socket: supervisord's Unix socket.
        timeout: Seconds; a frozen host accepts the connection and never answers.

    Raises:
        OSError: Nobody answers, or it is about to end.
    """
    try:
        found = _call(socket, "supervisor.getAllProcessInfo", timeout=timeout)
    except xmlrpc.client.Fault as fault:
        raise ConnectionError(f"supervisord at {socket} refused: {fault.faultString}") from fault
    return [
        Process(name=item["name"], state=item["statename"], pid=int(item["pid"])) for item in found
    ]


def stop(socket: Path, *, timeout: float) -> None:
    """Ask supervisord to stop its services, in the reverse order of their start, and itself."""
    _call(socket, "supervisor.shutdown", timeout=timeout)


def restart(socket: Path, service: str, *, timeout: float) -> None:
    """Stop one service if it runs, and start it."""
    try:
        _call(socket, "supervisor.stopProcess", service, timeout=timeout)
    except xmlrpc.client.Fault as fault:
        if "NOT_RUNNING" not in fault.faultString:
            raise
    _call(socket, "supervisor.startProcess", service, timeout=timeout)


def _call(socket: Path, method: str, *arguments: Any, timeout: float) -> Any:
    body = xmlrpc.client.dumps(arguments, method)
    transport = httpx.HTTPTransport(uds=str(socket))
    try:
        with httpx.Client(transport=transport, timeout=timeout) as client:
            answer = client.post("http://supervisor/RPC2", content=body.encode())
    except httpx.HTTPError as error:
        raise ConnectionError(f"no supervisord answers at {socket}: {error}") from error
    answer.raise_for_status()
    (result,), _ = xmlrpc.client.loads(answer.content)
    return result


def unprivileged(site: Site, command: Sequence[str]) -> list[str]:
    """The command without root's powers, where there are any to give up."""
    return [*UNPRIVILEGED, *command] if site.layout.isolated else list(command)


def _command(site: Site, service: Service) -> str:
    words = service.command if service.privileged else unprivileged(site, service.command)
    return WITHOUT_INPUT + " ".join(_quoted(word) for word in words)


def _quoted(word: str) -> str:
    """Supervisord splits like a shell and expands %(name)s."""
    escaped = word.replace("%", "%%")
    return f'"{escaped}"' if " " in escaped else escaped


def _environment(values: Mapping[str, str]) -> str:
    """Supervisord's KEY="value" list; it knows no escape for a quote, and no value holds one."""
    return ",".join(f'{name}="{value.replace("%", "%%")}"' for name, value in values.items())
