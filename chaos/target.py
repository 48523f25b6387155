"""The one interface between a drill and what it breaks.

A drill says *what* is to happen ("kill the primary's host"); a target knows how that is done to it,
how to prove that it happened, and how to undo it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol


class TargetError(Exception):
    """The target cannot be used at all; the text is ready for the user."""


class NotPossible(Exception):  # noqa: N818  a finding, not a defect of the program
    """This target cannot do what the drill asks; the drill is skipped with this text."""


class FaultMissed(Exception):  # noqa: N818  a finding, not a defect of the program
    """A fault was ordered and did not happen: the drill has proven nothing."""


@dataclass(frozen=True, slots=True)
class FrontDoor:
    """Where clients enter, and as whom."""

    url: str
    username: str
    password: str

    def __repr__(self) -> str:
        return f"FrontDoor({self.url!r}, {self.username!r}, password=***)"


class Fault(Protocol):
    """One fault, from being ordered to being undone."""

    @property
    def description(self) -> str:
        """What it does and to whom, such as "kill db-1"."""
        ...

    @property
    def needs_healing(self) -> bool:
        """False if the system is expected to repair it alone."""
        ...

    def inject(self) -> None:
        """Bring it about. May raise NotPossible before anything was touched."""
        ...

    def landed(self) -> str | None:
        """None if it has happened, else what still contradicts it."""
        ...

    def heal(self) -> None:
        """Undo it; safe to call again."""
        ...


class Target(Protocol):
    """A running service with its redundancy."""

    @property
    def name(self) -> str: ...

    def front_door(self) -> FrontDoor: ...

    def fault(self, verb: str, role: str) -> Fault:
        """The fault `verb` for whoever plays `role` at this moment.

        Args:
            verb: "crash" (the database process), "kill" (a host, like power loss), "freeze".
            role: "primary", "standbys", "databases", "instance" or "front-door".

        Raises:
            NotPossible: This target has no such verb or nobody in that role.
        """
        ...

    def missing(self) -> list[str]:
        """What keeps it from full redundancy, a sentence each; empty when nothing does."""
        ...

    def instances(self) -> Mapping[str, str]:
        """Each MLflow instance and what changes when it is restarted (a pid, a task id)."""
        ...

    def in_rotation(self) -> Mapping[str, frozenset[str]]:
        """For each balancer, the instances it sends requests to."""
        ...

    def versions(self) -> Mapping[str, str]: ...
