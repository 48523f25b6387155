"""What the engine did, from the events it wrote down."""

from __future__ import annotations

import json
import re
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any

COLOR = re.compile(r"<\{%.*?%\}>")
# Steps that leave the resource, or only look at it.
NO_CHANGE = frozenset({"same", "refresh", "read"})


@dataclass(frozen=True)
class Step:
    """What the engine planned or did to one resource.

    Attributes:
        op: Such as "create", "update", "replace", "create-replacement", "delete-replaced", "same".
        urn: The resource.
        type: Its type.
        keys: The inputs because of which it is replaced.
        diffs: The inputs that changed.
    """

    op: str
    urn: str
    type: str
    keys: tuple[str, ...]
    diffs: tuple[str, ...]

    @property
    def name(self) -> str:
        return self.urn.rpartition("::")[2]


@dataclass(frozen=True)
class Outcome:
    """How one command of the engine ended.

    Attributes:
        exit_code: Of the command line.
        output: What it printed, both streams.
        steps: One for each resource and operation, in the order in which they began.
        diagnostics: Errors and warnings about resources, without colours.
    """

    exit_code: int
    output: str
    steps: tuple[Step, ...] = ()
    diagnostics: tuple[str, ...] = ()

    @property
    def succeeded(self) -> bool:
        return self.exit_code == 0

    @property
    def changes(self) -> tuple[Step, ...]:
        """The steps that change something."""
        return tuple(step for step in self.steps if step.op not in NO_CHANGE)

    @property
    def summary(self) -> dict[str, int]:
        """How many resources met each operation."""
        return dict(Counter(step.op for step in self.steps))

    def names(self, op: str) -> set[str]:
        """Logical names of the resources that met an operation."""
        return {step.name for step in self.steps if step.op == op}


def read_events(path: Path) -> list[dict[str, Any]]:
    """Read an event log; a run that never began has none."""
    if not path.exists():
        return []
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines() if line]


def outcome(exit_code: int, output: str, events: list[dict[str, Any]]) -> Outcome:
    """Put together what a command printed and what it logged."""
    begun = [
        _step(event["resourcePreEvent"]["metadata"])
        for event in events
        if "resourcePreEvent" in event
    ]
    steps = [step for step in begun if not _is_default_provider(step)]
    said = [
        COLOR.sub("", event["diagnosticEvent"]["message"]).strip()
        for event in events
        if event.get("diagnosticEvent", {}).get("severity") in ("error", "warning")
    ]
    return Outcome(exit_code, output, tuple(steps), tuple(text for text in said if text))


def _step(metadata: dict[str, Any]) -> Step:
    return Step(
        op=metadata["op"],
        urn=metadata["urn"],
        type=metadata["type"],
        keys=tuple(metadata.get("keys") or ()),
        diffs=tuple(metadata.get("diffs") or ()),
    )


def _is_default_provider(step: Step) -> bool:
    """Whether it is the engine's own note of which provider it used, no resource of the program."""
    return step.type.startswith("pulumi:providers:") and step.name.startswith("default")
