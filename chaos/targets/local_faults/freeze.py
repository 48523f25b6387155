"""Hosts that hang: every process stands still, and the kernel goes on acknowledging packets."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence

from chaos.targets.local_faults.hosts import each, listed
from local.hosts import Host


class HostsFrozen:
    """Hosts stand still with their connections open; healing lets them go on."""

    needs_healing = True

    def __init__(
        self, hosts: Sequence[Host], answering: Callable[[Sequence[Host]], list[str]]
    ) -> None:
        self.description = f"freeze {listed(hosts)}"
        self._hosts = hosts
        self._answering = answering
        self._frozen = False

    def inject(self) -> None:
        self._frozen = True
        each(self._hosts, lambda host: host.freeze())

    def landed(self) -> str | None:
        awake = self._answering(self._hosts)
        return f"{', '.join(awake)} still answers" if awake else None

    def heal(self) -> None:
        if self._frozen:
            each(self._hosts, lambda host: host.thaw())
            self._frozen = False


class HostsNapping:
    """Hosts stand still and wake by themselves; nobody heals them."""

    needs_healing = False

    def __init__(
        self,
        hosts: Sequence[Host],
        answering: Callable[[Sequence[Host]], list[str]],
        *,
        seconds: float,
    ) -> None:
        self.description = f"let {listed(hosts)} nap for {seconds:g} s"
        self._sleep = HostsFrozen(hosts, answering)
        self._alarm = threading.Timer(seconds, self._sleep.heal)
        self._alarm.daemon = True

    def inject(self) -> None:
        self._sleep.inject()
        self._alarm.start()

    def landed(self) -> str | None:
        return self._sleep.landed()

    def heal(self) -> None:
        self._alarm.cancel()
        self._sleep.heal()
