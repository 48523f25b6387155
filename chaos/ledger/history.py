"""The history of a drill: every create, in memory for judging and on disk for the record."""

from __future__ import annotations

import threading
from collections import Counter
from pathlib import Path
from types import TracebackType
from typing import Self

from chaos.ledger.operation import Operation, Outcome


class History:
    """Append-only and safe to use from all writers; a line is on disk before the next begins."""

    def __init__(self, path: Path) -> None:
        self._lock = threading.Lock()
        self._operations: list[Operation] = []
        self._counts: Counter[Outcome] = Counter()
        self._last_success: Operation | None = None
        self._file = path.open("x", encoding="utf-8", buffering=1)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        with self._lock:
            self._file.close()

    def append(self, operation: Operation) -> None:
        line = operation.to_json() + "\n"
        with self._lock:
            self._operations.append(operation)
            self._counts[operation.outcome] += 1
            if operation.acknowledged:
                self._last_success = operation
            self._file.write(line)

    def operations(self) -> list[Operation]:
        """A copy, in order of completion."""
        with self._lock:
            return list(self._operations)

    def since(self, instant: float) -> list[Operation]:
        """Those that completed at or after a monotonic `instant`, without reading all of them."""
        recent: list[Operation] = []
        with self._lock:
            for operation in reversed(self._operations):
                # Writers append a moment after completing, so neighbours may be swapped.
                if operation.completed < instant - 1:
                    break
                if operation.completed >= instant:
                    recent.append(operation)
        return recent[::-1]

    def count(self, outcome: Outcome) -> int:
        with self._lock:
            return self._counts[outcome]

    @property
    def last_success(self) -> Operation | None:
        with self._lock:
            return self._last_success
