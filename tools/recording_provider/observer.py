"""Who else wants to know what exists, such as a stand-in for the services that a program calls."""

from __future__ import annotations

from typing import Protocol

from tools.recording_provider.values import Properties


class Observer(Protocol):
    """Told of each resource when it is made, and again whenever the engine mentions it."""

    def exists(self, token: str, outputs: Properties) -> None:
        """A resource of this type exists, with these outputs (without the marks of secrets)."""


class Nobody:
    """An observer who does not care."""

    def exists(self, token: str, outputs: Properties) -> None:
        """Do nothing."""
