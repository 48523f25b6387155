"""Somebody on the primary's own host, who goes on asking it whatever becomes of it.

Poolers and balancers turn away from a primary that lost its lease. This witness does not: it shows
what a client would be told that nobody had turned away.
"""

from __future__ import annotations

import itertools
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import psycopg2

from chaos.old_primary import Seen
from local.cluster import Cluster
from local.database import cursor
from local.hosts import Host
from local.layout import POSTGRES
from local.waiting import wait_for

PREPARE = (
    "DROP TABLE IF EXISTS drill_witness",
    "CREATE TABLE drill_witness (key text PRIMARY KEY)",
)
WRITE = "INSERT INTO drill_witness VALUES (%s)"
READ_BACK = "SELECT key FROM drill_witness"
ASK_EVERY = 0.05
READ_BACK_WITHIN = 60.0


class DirectWitness:
    """Reads and writes on one PostgreSQL, each in a thread that has entered its host's network."""

    def __init__(self, cluster: Cluster, host: Host) -> None:
        self.host = host.name
        self._cluster = cluster
        self._site = cluster.site
        self._host = host
        self._over = threading.Event()
        self._reads: list[float] = []
        self._acknowledged: list[tuple[str, float]] = []
        self._threads = [
            threading.Thread(target=self._ask_on, args=(ask,), name=f"witness {what}", daemon=True)
            for what, ask in (("reads", self._read), ("writes", self._write))
        ]
        self._keys = itertools.count()

    def start(self) -> None:
        with cursor(self._site, self._host, within=10) as database:
            for statement in PREPARE:
                database.execute(statement)
        for thread in self._threads:
            thread.start()

    def stop(self) -> Seen:
        """Ask no more."""
        self._over.set()
        for thread in self._threads:
            thread.join(timeout=5)  # who hangs in a dead connection is a daemon
        return Seen(tuple(self._reads), tuple(self._acknowledged))

    def kept(self) -> frozenset[str]:
        """The witness's writes that the primary of now holds."""

        def asked() -> tuple[frozenset[str]] | None:
            primary = self._cluster.primary()
            if primary is None:
                return None
            with suppress(psycopg2.Error), cursor(self._site, primary, within=10) as database:
                database.execute(READ_BACK)
                return (frozenset(key for (key,) in database.fetchall()),)
            return None

        [keys] = wait_for("the primary tells what it kept", asked, within=READ_BACK_WITHIN)
        return keys

    def _ask_on(self, ask: Callable[[Any], None]) -> None:
        with self._host.entered():
            while not self._over.wait(ASK_EVERY):
                with suppress(psycopg2.Error):
                    connection = self._connect()
                    try:
                        self._ask_until_it_fails(connection, ask)
                    finally:
                        connection.close()

    def _ask_until_it_fails(self, connection: Any, ask: Callable[[Any], None]) -> None:
        with connection.cursor() as open_cursor:
            while not self._over.wait(ASK_EVERY):
                ask(open_cursor)

    def _connect(self) -> Any:
        # No statement_timeout: cancelling a commit that waits for its standby acknowledges it
        # (PostgreSQL's documentation of synchronous_commit), and the witness must not do that.
        connection = psycopg2.connect(
            host=self._host.address,
            port=POSTGRES,
            dbname="postgres",
            user="postgres",
            password=self._site.passwords.postgres_superuser,
            connect_timeout=2,
        )
        connection.autocommit = True
        return connection

    def _read(self, database: Any) -> None:
        database.execute("SELECT pg_is_in_recovery()")
        [standby] = database.fetchone()
        if not standby:
            self._reads.append(time.monotonic())

    def _write(self, database: Any) -> None:
        key = f"{self.host}-{next(self._keys)}"
        database.execute(WRITE, (key,))
        self._acknowledged.append((key, time.monotonic()))
