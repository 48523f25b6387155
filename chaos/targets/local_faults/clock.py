"""A host whose wall clock jumps while its services run."""

from __future__ import annotations

import time

import psycopg2

from chaos.target import NotPossible
from local import clocks
from local.database import cursor
from local.hosts import Host, NotSupported
from local.site import Site

ROUGHLY = 60.0
"""A second passes between two looks, an hour between two clocks."""


class ClockPutIn:
    """The host restarts with a clock that can be stepped; healing takes it out the same way."""

    needs_healing = True

    def __init__(self, site: Site, host: Host) -> None:
        self.description = f"put a clock of its own into {host.name}"
        self._site = site
        self._host = host
        self._in = False

    def inject(self) -> None:
        try:
            environment = clocks.environment(self._site, self._host.name)
        except NotSupported as error:
            raise NotPossible(str(error)) from error
        self._in = True
        self._host.kill()
        self._host.boot(environment)

    def landed(self) -> str | None:
        ahead = seconds_ahead(self._site, self._host)
        return None if ahead is not None else f"{self._host.name} does not tell the time yet"

    def heal(self) -> None:
        if self._in:
            self._host.kill()
            self._host.boot()
            self._in = False


class ClockStepped:
    """The clock of a host that has one of its own jumps ahead."""

    needs_healing = True

    def __init__(self, site: Site, host: Host, seconds: int) -> None:
        self.description = f"step the clock of {host.name} by {seconds:+d} s"
        self._site = site
        self._host = host
        self._seconds = seconds

    def inject(self) -> None:
        clocks.step(self._site, self._host.name, self._seconds)

    def landed(self) -> str | None:
        ahead = seconds_ahead(self._site, self._host)
        if ahead is None or abs(ahead - self._seconds) > ROUGHLY:
            return f"{self._host.name} is {ahead} s ahead"
        return None

    def heal(self) -> None:
        clocks.step(self._site, self._host.name, 0)


def seconds_ahead(site: Site, host: Host) -> float | None:
    """How far PostgreSQL's clock on a host is ahead of this machine's, or None: no answer."""
    try:
        with cursor(site, host, within=2) as database:
            database.execute("SELECT extract(epoch FROM clock_timestamp())")
            [told] = database.fetchone()
    except psycopg2.Error:
        return None
    return float(told) - time.time()
