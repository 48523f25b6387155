"""The operations that wait, in the one order in which all processes asked for them."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from sqlite3 import Row
from typing import Any

from mlflow_ha.message import Message
from mlflow_ha.spool.database import Database

SCHEMA = """
CREATE TABLE operation (
  number INTEGER PRIMARY KEY AUTOINCREMENT,
  key TEXT NOT NULL UNIQUE,
  api TEXT NOT NULL,
  method TEXT NOT NULL,
  endpoint TEXT NOT NULL,
  body TEXT,
  data BLOB,
  headers TEXT NOT NULL,
  staged INTEGER NOT NULL,
  answer TEXT NOT NULL,
  at REAL NOT NULL,
  process INTEGER NOT NULL,
  refusal TEXT
);
CREATE INDEX operation_waits ON operation (number) WHERE refusal IS NULL
"""


@dataclass(frozen=True)
class Operation:
    """One message that is kept until the server has answered it.

    Attributes:
        number: Its place in the order.
        staged: Whether it has files, which wait in a folder of its own (staging.py).
        answer: What the caller was told meanwhile.
        at: Seconds since 1970.
        process: The id of the one that asked.
        refusal: Why the server, having been asked, will not do it.
    """

    number: int
    message: Message
    staged: bool
    answer: Mapping[str, Any]
    at: float
    process: int
    refusal: str | None


class Log:
    """A table of a spool."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def append(
        self,
        message: Message,
        answer: Mapping[str, Any],
        *,
        process: int,
        staged: bool = False,
    ) -> None:
        """Keep `message`; it is on disk then.

        Args:
            message: What is to be asked of the server.
            answer: What the caller is told meanwhile.
            process: The caller's id.
            staged: Whether it has files.
        """
        with self._database.transaction() as do:
            do.execute(
                "INSERT INTO operation"
                " (key, api, method, endpoint, body, data, headers, staged, answer, at, process)"
                " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                (
                    message.key,
                    message.api,
                    message.method,
                    message.endpoint,
                    None if message.body is None else json.dumps(message.body),
                    message.data,
                    json.dumps(dict(message.headers)),
                    staged,
                    json.dumps(answer),
                    time.time(),
                    process,
                ),
            )

    def remove(self, numbers: Sequence[int]) -> None:
        """The server has answered them, or nobody wants them any more."""
        with self._database.transaction() as do:
            do.executemany("DELETE FROM operation WHERE number = ?", [(n,) for n in numbers])

    def refuse(self, number: int, why: str) -> None:
        """The server will not do it; it stays to be looked at."""
        with self._database.transaction() as do:
            do.execute("UPDATE operation SET refusal = ? WHERE number = ?", (why, number))

    def accept_refused(self) -> int:
        """Have all that was refused sent again; return how many."""
        with self._database.transaction() as do:
            changed = do.execute("UPDATE operation SET refusal = NULL WHERE refusal IS NOT NULL")
            return int(changed.rowcount)

    def holds(self, number: int) -> bool:
        """Whether an operation is still there, waiting."""
        query = "SELECT 1 FROM operation WHERE number = ? AND refusal IS NULL"
        return bool(self._database.rows(query, number))

    def next(self, at_most: int = 1) -> list[Operation]:
        """The first operations that wait, in order."""
        return self._read("WHERE refusal IS NULL ORDER BY number LIMIT ?", at_most)

    def all(self) -> list[Operation]:
        """All that is kept, refused ones included, in order."""
        return self._read("ORDER BY number")

    def with_files(self) -> list[Operation]:
        """All that is kept and has files, in order."""
        return self._read("WHERE staged ORDER BY number")

    def _read(self, which: str, *values: object) -> list[Operation]:
        rows = self._database.rows(f"SELECT * FROM operation {which}", *values)  # noqa: S608  (constants)
        return [_operation(row) for row in rows]

    @property
    def length(self) -> int:
        """Operations that the server has not answered yet, without refused ones."""
        return self._number("SELECT count(*) FROM operation WHERE refusal IS NULL")

    @property
    def refused(self) -> int:
        return self._number("SELECT count(*) FROM operation WHERE refusal IS NOT NULL")

    @property
    def waits(self) -> bool:
        """Whether something is to be sent before anything new."""
        return bool(
            self._number("SELECT EXISTS (SELECT 1 FROM operation WHERE refusal IS NULL)"),
        )

    @property
    def last(self) -> int:
        """The number of the latest that waits; 0 where nothing does."""
        return self._number(
            "SELECT coalesce(max(number), 0) FROM operation WHERE refusal IS NULL",
        )

    @property
    def first(self) -> int:
        """The number of the one that is sent next; above `last` where nothing waits."""
        return self._number(
            "SELECT coalesce(min(number), 9e15) FROM operation WHERE refusal IS NULL",
        )

    def _number(self, query: str) -> int:
        return int(self._database.rows(query)[0][0])


def _operation(row: Row) -> Operation:
    return Operation(
        number=row["number"],
        message=Message(
            api=row["api"],
            method=row["method"],
            endpoint=row["endpoint"],
            body=None if row["body"] is None else json.loads(row["body"]),
            data=row["data"],
            headers=json.loads(row["headers"]),
            key=row["key"],
        ),
        staged=bool(row["staged"]),
        answer=json.loads(row["answer"]),
        at=row["at"],
        process=row["process"],
        refusal=row["refusal"],
    )
