"""A fault under guard: let in, waited for, ended early if need be, and always taken back."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

from botocore.exceptions import BotoCoreError, ClientError

from chaos.target import Fault, FaultMissed
from chaos.targets.aws_guard import Guard

LANDS_WITHIN = 180.0
"""Seconds: FIS takes some 20 to begin, and RDS shows a new writer up to a minute late."""
ASK_EVERY = 2.0
LOOK_EVERY = 10.0
"""Alarms look at whole minutes, so asking more often tells nothing new."""
_LOOKING_ENDS_WITHIN = 240.0


class Guarded:
    """What a drill gets in place of the bare fault."""

    def __init__(
        self,
        fault: Fault,
        guard: Guard,
        *,
        look_every: float = LOOK_EVERY,
        ask_every: float = ASK_EVERY,
        lands_within: float = LANDS_WITHIN,
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        self.description = fault.description
        self.needs_healing = fault.needs_healing
        self._fault = fault
        self._guard = guard
        self._look_every = look_every
        self._ask_every = ask_every
        self._lands_within = lands_within
        self._now = now
        self._over = threading.Event()
        self._one_at_a_time = threading.Lock()
        self._watcher: threading.Thread | None = None
        self._ended_because: str | None = None

    def inject(self) -> None:
        self._guard.let_in(self.description)
        if self.needs_healing:  # before: whatever half begins is watched too
            self._watcher = threading.Thread(target=self._watch, name="drill-watch", daemon=True)
            self._watcher.start()
        self._fault.inject()

    def landed(self) -> str | None:
        """Wait until it has happened: on AWS that takes longer than a drill's own patience."""
        deadline = self._now() + self._lands_within
        while True:
            if self._ended_because:
                raise FaultMissed(f"{self.description} was ended: {self._ended_because}")
            contradiction = self._fault.landed()
            if contradiction is None or self._now() >= deadline:
                return contradiction
            self._over.wait(self._ask_every)

    def heal(self) -> None:
        self._over.set()
        if self._watcher is not None:
            self._watcher.join(_LOOKING_ENDS_WITHIN)
        with self._one_at_a_time:
            self._fault.heal()
        if because := self._ended_because:
            self._ended_because = None  # told once: healing again has to succeed
            raise FaultMissed(f"{self.description} was ended early: {because}")

    def _watch(self) -> None:
        while not self._over.wait(self._look_every):
            try:
                because = self._guard.reason_to_stop()
            except (BotoCoreError, ClientError) as error:
                because = f"its alarms cannot be read: {error}"
            if because:
                self._end(because)
                return

    def _end(self, because: str) -> None:
        self._ended_because = because
        with self._one_at_a_time:
            try:
                self._fault.heal()
            except (BotoCoreError, ClientError, FaultMissed) as error:
                self._ended_because = f"{because}; and ending it failed: {error}"
