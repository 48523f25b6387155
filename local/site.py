"""One cluster's place on this machine: its settings, addresses, folders, passwords and programs."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from local.layout import Layout
from local.passwords import Passwords
from local.programs import Programs
from settings import Settings

# Debian's user without rights, whom unprivileged services take themselves for.
NOBODY = 65534

Kind = Literal["postgres", "mlflow", "etcd", "haproxy", "pgbouncer", "object-store", "keepalived"]


@dataclass(frozen=True, kw_only=True)
class Service:
    """One supervised process on a host.

    Attributes:
        name: Unique on its host, such as "pgbouncer".
        kind: What `status --json` calls it.
        port: Where it answers, or None if nowhere.
        command: Program and arguments; never holds a secret, since argv is public.
        files: Configuration files by name, written to the host's etc folder with mode 0600.
        environment: Variables it gets beyond those of the host.
        stop_seconds: How long it may take to stop before it is killed.
        privileged: True only for keepalived, which moves an address.
    """

    name: str
    kind: Kind
    port: int | None
    command: tuple[str, ...]
    files: Mapping[str, str] = field(default_factory=dict)
    environment: Mapping[str, str] = field(default_factory=dict, repr=False)
    stop_seconds: int = 10
    privileged: bool = False


@dataclass(frozen=True, kw_only=True)
class Site:
    """Everything a service's configuration is made from."""

    settings: Settings
    layout: Layout
    state: Path
    run: Path
    passwords: Passwords
    programs: Programs

    def etc(self, host: str) -> Path:
        return self.state / "hosts" / host / "etc"

    def data(self, host: str) -> Path:
        return self.state / "hosts" / host / "data"

    def log(self, host: str) -> Path:
        return self.state / "hosts" / host / "log"

    def socket(self, host: str, service: str) -> Path:
        """A Unix socket; under `run`, whose path is short (sun_path holds 107 characters)."""
        return self.run / f"{host}.{service}.sock"

    @property
    def python(self) -> str:
        return sys.executable
