"""A cluster made empty between two tests that each expect a server of their own."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
from psycopg import sql

from bench.side import BenchError
from local.cluster import Cluster
from local.services.mlflow import PREFIX, preparation

_KEPT = ("alembic_version", "alembic_version_auth", "users", "roles", "user_role_assignments",
         "workspaces")  # fmt: skip
"""Who there is, and the schemas' versions; no test that is led here changes them."""
_RESTORED = ("experiments", "role_permissions")
"""Tables that are not empty when a cluster is new: the default experiment, and what roles may do."""
_CONNECT_SECONDS = 5


class Erasure:
    """Deletes what tests have made, over one connection to the primary.

    Args:
        cluster: It must be fresh, since all that is in it goes.

    Raises:
        BenchError: It holds something already, or its database cannot be reached.
    """

    def __init__(self, cluster: Cluster) -> None:
        primary = cluster.primary()
        if primary is None:
            raise BenchError("the cluster has no primary now. Wait until it is healthy")
        uri = preparation(cluster.site, primary.name)[f"{PREFIX}OWNER_DATABASE_URI"]
        # A connection stays in the network it was opened in.
        with next(iter(cluster.hosts.values())).entered():
            self._connection = psycopg.connect(
                uri, connect_timeout=_CONNECT_SECONDS, autocommit=True
            )
        self._refuse_what_is_in_use()
        found = self._connection.execute(
            "SELECT tablename FROM pg_tables WHERE schemaname = 'public'"
            " AND NOT tablename = ANY(%s)",
            [list(_KEPT)],
        ).fetchall()
        self._tables = [sql.Identifier(name) for (name,) in found]
        self._first = {name: self._rows(name) for name in _RESTORED}

    def _refuse_what_is_in_use(self) -> None:
        query = "SELECT (SELECT count(*) FROM runs), (SELECT count(*) FROM experiments)"
        runs, experiments = self._connection.execute(query).fetchone() or (0, 0)
        if runs or experiments != 1:
            self._connection.close()
            raise BenchError(
                f"the cluster holds {runs} runs in {experiments} experiments, and this deletes all "
                "that it holds. Start a fresh one: python -m local --state DIR --network NET up"
            )

    def _rows(self, table: str) -> str:
        query = sql.SQL("SELECT coalesce(json_agg(t), '[]')::text FROM {} t")
        (rows,) = self._connection.execute(query.format(sql.Identifier(table))).fetchone() or (
            "[]",
        )
        return str(rows)

    def erase(self) -> None:
        """Leave the cluster as it was when it was new; ids go on from where they are."""
        with self._connection.transaction():
            self._connection.execute(
                sql.SQL("TRUNCATE {}").format(sql.SQL(", ").join(self._tables))
            )
            for name, rows in self._first.items():
                restore = "INSERT INTO {0} SELECT * FROM json_populate_recordset(NULL::{0}, %s)"
                self._connection.execute(sql.SQL(restore).format(sql.Identifier(name)), [rows])

    def close(self) -> None:
        self._connection.close()


@contextmanager
def on_request(erasure: Erasure, path: Path) -> Iterator[None]:
    """Erase whenever a process connects to a socket; it reads "done" once that is so."""
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(path))
        listener.listen()
        answering = threading.Thread(target=_answer, args=(listener, erasure), daemon=True)
        answering.start()
        try:
            yield
        finally:
            listener.shutdown(socket.SHUT_RDWR)
            answering.join(_CONNECT_SECONDS)


def _answer(listener: socket.socket, erasure: Erasure) -> None:
    while True:
        try:
            asking, _ = listener.accept()
        except OSError:
            return
        with asking:
            try:
                erasure.erase()
            except psycopg.Error as error:
                asking.sendall(f"{error}".encode())
            else:
                asking.sendall(b"done")
