"""What the server calls what was made while it was away."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass

from mlflow_ha.spool.database import Database

SCHEMA = """
CREATE TABLE name (
  local TEXT PRIMARY KEY, remote TEXT, local_root TEXT, remote_root TEXT, lost TEXT
);
CREATE INDEX name_of_remote ON name (remote)
"""


@dataclass(frozen=True)
class Name:
    """One thing under both its names.

    Attributes:
        local: Given here: an id, or the number of a version.
        remote: Given by the server; None until it has made it.
        local_root: Where its artifacts were said to be.
        remote_root: Where they are.
        lost: Why the server will never have it.
    """

    local: str
    remote: str | None = None
    local_root: str | None = None
    remote_root: str | None = None
    lost: str | None = None


class Names:
    """A table of a spool. Names stay, so that what a user noted down is found later too."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def give(self, local: str, root: str | None = None) -> None:
        """Something has been made here that the server does not have yet."""
        with self._database.transaction() as do:
            do.execute("INSERT INTO name (local, local_root) VALUES (?, ?)", (local, root))

    def learn(self, names: Iterable[Name]) -> None:
        """The server has them now, and calls them so."""
        with self._database.transaction() as do:
            do.executemany(
                "INSERT INTO name VALUES (?, ?, ?, ?, NULL) ON CONFLICT (local) DO UPDATE SET"
                " remote = excluded.remote, remote_root = excluded.remote_root, lost = NULL",
                [(n.local, n.remote, n.local_root, n.remote_root) for n in names],
            )

    def lose(self, locals_: Iterable[str], why: str) -> None:
        """The server will never have them, unless it is asked again and agrees."""
        with self._database.transaction() as do:
            do.executemany(
                "UPDATE name SET lost = ? WHERE local = ? AND remote IS NULL",
                [(why, local) for local in locals_],
            )

    def find_lost(self) -> None:
        """Have the server asked again for all that it would not make."""
        with self._database.transaction() as do:
            do.execute("UPDATE name SET lost = NULL")

    def known(self, candidates: Collection[str]) -> list[Name]:
        """Return those of `candidates` that are names given here."""
        if not candidates:
            return []
        marks = ",".join("?" * len(candidates))
        query = f"SELECT local, remote, local_root, remote_root, lost FROM name WHERE local IN ({marks})"  # noqa: S608  (question marks)
        rows = self._database.rows(query, *candidates)
        return [Name(*row) for row in rows]

    def is_pending(self, local: str) -> bool:
        """Whether something was made here that the server does not have yet."""
        return any(name.remote is None for name in self.known([local]))

    def local_of(self, remote: str) -> str | None:
        """Return what something was called here before the server had it."""
        rows = self._database.rows("SELECT local FROM name WHERE remote = ?", remote)
        return str(rows[0][0]) if rows else None
