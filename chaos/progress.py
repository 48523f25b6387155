"""What the person in front of the terminal sees while a drill runs."""

from __future__ import annotations

from typing import Protocol

from rich.console import Console
from rich.markup import escape
from rich.status import Status


class Progress(Protocol):
    """Told what happens during a drill."""

    def event(self, seconds: float, text: str) -> None:
        """Something happened, `seconds` into the drill: stays on the screen."""
        ...

    def status(self, text: str) -> None:
        """What is going on right now: replaces the previous status."""
        ...


class Silent:
    """For tests and for callers that only want the result."""

    def event(self, seconds: float, text: str) -> None:
        pass

    def status(self, text: str) -> None:
        pass


class OnConsole:
    """Events as lines; on a terminal also a live last line."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._live: Status | None = None

    def event(self, seconds: float, text: str) -> None:
        self._console.print(f"[dim]{seconds:8.1f} s[/]  {escape(text)}", highlight=False)

    def status(self, text: str) -> None:
        if not self._console.is_terminal:
            return
        if self._live is None:
            self._live = self._console.status(escape(text))
            self._live.start()
        self._live.update(escape(text))

    def close(self) -> None:
        if self._live is not None:
            self._live.stop()
            self._live = None
