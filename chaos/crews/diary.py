"""What a crew's script wrote down, as operations. Pure but for reading the file."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from chaos.ledger.operation import Operation, Outcome

REGISTRATION = "create_model_version"


@dataclass(frozen=True)
class Diary:
    """A crew's story up to now.

    Attributes:
        experiment: The name of that in which it writes; None while it is not ready. Its id may be
            the spool's own, if the service was slow to make it.
        models: What it registers versions of.
        operations: Every call; one without an end is indeterminate, and lasts until `read`.
    """

    experiment: str | None = None
    models: tuple[str, ...] = ()
    operations: tuple[Operation, ...] = field(default_factory=tuple)

    @property
    def ready(self) -> bool:
        return self.experiment is not None


def read(path: Path, now: float) -> Diary:
    """Read a diary that may still be written.

    Args:
        path: Of the file; one that does not exist yet is empty.
        now: The monotonic instant at which a call without an end is still open.
    """
    experiment, models = None, ()
    begun: dict[str, dict[str, Any]] = {}
    ended: dict[str, dict[str, Any]] = {}
    for entry in _entries(path):
        match entry["event"]:
            case "ready":
                experiment, models = str(entry["experiment"]), tuple(entry["models"])
            case "began":
                begun[entry["key"]] = entry
            case _:
                ended[entry["key"]] = entry
    operations = [_operation(entry, ended.get(key), now) for key, entry in begun.items()]
    return Diary(experiment, models, tuple(operations))


def _entries(path: Path) -> Iterator[dict[str, Any]]:
    if not path.exists():
        return
    *whole, _torn = path.read_text(encoding="utf-8").split("\n")
    for line in whole:
        yield json.loads(line)


def _operation(begun: dict[str, Any], ended: dict[str, Any] | None, now: float) -> Operation:
    invoked = begun["monotonic"]
    return Operation(
        key=begun["key"],
        kind=begun["kind"],
        thread=begun["thread"],
        invoked=invoked,
        completed=now if ended is None else invoked + ended["seconds"],
        at=begun["wall"],
        outcome=Outcome.INDETERMINATE if ended is None else Outcome(ended["event"]),
        detail="" if ended is None else ended.get("error", ""),
    )
