"""What is known of runs, models and the like, to answer for the server while it is away."""

from __future__ import annotations

import json
import time
from collections.abc import Iterable, Mapping
from typing import Any

from mlflow_ha.message import Message
from mlflow_ha.spool.database import Database
from mlflow_ha.spool.names import Names

SCHEMA = """
CREATE TABLE thing (
  kind TEXT NOT NULL, id TEXT NOT NULL, content TEXT NOT NULL, at REAL NOT NULL,
  PRIMARY KEY (kind, id)
) WITHOUT ROWID;
CREATE TABLE metric (run TEXT NOT NULL, key TEXT NOT NULL, content TEXT NOT NULL);
CREATE INDEX metric_of_run ON metric (run, key)
"""

_KNOWN_SECONDS = 90 * 86400.0
"""A run that was last asked for a quarter ago is hardly asked for in the next outage."""


class Shelf:
    """Two tables of a spool, and the names of what stands on it."""

    def __init__(self, database: Database, names: Names) -> None:
        self._database = database
        self.names = names
        self._denied: set[tuple[str, str]] = set()

    def deny(self, create: str, name: str) -> None:
        """Note that a caller was told that there is none of that name, so that it may create it.

        Args:
            create: The request that creates one, such as "CreateExperiment".
            name: Which the server may have all the same.
        """
        self._denied.add((create, name))

    def denied(self, message: Message) -> bool:
        """Whether the caller of a create was told here that there is none of that name."""
        return (message.api, message.parameters.get("name")) in self._denied

    def get(self, kind: str, name: str) -> dict[str, Any] | None:
        """Return a thing by the name that the server or this spool gave it."""
        for known_as in (name, self.names.local_of(name)):
            rows = self._database.rows(
                "SELECT content FROM thing WHERE kind = ? AND id = ?", kind, known_as
            )
            if rows:
                return dict(json.loads(rows[0][0]))
        return None

    def put(self, kind: str, name: str, content: Mapping[str, Any]) -> None:
        with self._database.transaction() as do:
            do.execute(
                "INSERT INTO thing VALUES (?, ?, ?, ?) ON CONFLICT (kind, id)"
                " DO UPDATE SET content = excluded.content, at = excluded.at",
                (kind, name, json.dumps(content), time.time()),
            )

    def remember(self, kind: str, name: str, content: Mapping[str, Any]) -> None:
        """Put what the server said, unless that is what stands there already."""
        if self.get(kind, name) != content:
            self.put(kind, name, content)

    def take(self, kind: str, name: str) -> None:
        with self._database.transaction() as do:
            do.execute("DELETE FROM thing WHERE kind = ? AND id = ?", (kind, name))

    def all(self, kind: str) -> list[dict[str, Any]]:
        rows = self._database.rows("SELECT content FROM thing WHERE kind = ? ORDER BY id", kind)
        return [json.loads(row[0]) for row in rows]

    def add_metrics(self, run: str, metrics: Iterable[Mapping[str, Any]]) -> None:
        with self._database.transaction() as do:
            do.executemany(
                "INSERT INTO metric VALUES (?, ?, ?)",
                [(run, metric["key"], json.dumps(metric)) for metric in metrics],
            )

    def metrics(self, run: str, key: str) -> list[dict[str, Any]]:
        """What was logged of a metric while the server was away, in that order."""
        rows = self._database.rows(
            "SELECT content FROM metric WHERE run = ? AND key = ? ORDER BY rowid", run, key
        )
        return [json.loads(row[0]) for row in rows]

    def everything_is_sent(self) -> None:
        """Forget what only the server knows well from now on, and what was seen long ago."""
        with self._database.transaction() as do:
            do.execute("DELETE FROM thing WHERE kind IN ('alias', 'version')")
            do.execute("DELETE FROM thing WHERE at < ?", (time.time() - _KNOWN_SECONDS,))
            do.execute("DELETE FROM metric")
