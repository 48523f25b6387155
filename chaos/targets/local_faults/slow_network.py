"""A host that everybody reaches late: its port is detoured through a proxy that waits."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from chaos.target import NotPossible
from local import slow_proxy
from local.hosts import Host, NotSupported
from local.traffic import Detour


class PortSlowed:
    """Every chunk to and from one port of a host arrives later; healing resets its connections."""

    needs_healing = True

    def __init__(self, host: Host, port: int, *, seconds: float, log: Path) -> None:
        self.description = f"delay port {port} of {host.name} by {seconds * 1000:g} ms each way"
        self._host = host
        self._port = port
        self._seconds = seconds
        self._log = log
        self._proxy: subprocess.Popen[bytes] | None = None

    def inject(self) -> None:
        listen = slow_proxy.listening_port(self._port)
        words = [self._host.address, str(listen), str(self._port), str(self._seconds)]
        command = [sys.executable, slow_proxy.__file__, *words]
        self._proxy = self._host.run(command, {}, self._log)
        try:
            self._host.trouble(Detour(port=self._port, to=listen))
        except NotSupported as error:
            self.heal()
            raise NotPossible(str(error)) from error

    def landed(self) -> str | None:
        if self._proxy is None or self._proxy.poll() is not None:
            return f"the proxy does not run; its log is {self._log}"
        return None if self._host.packets_hit() else "nobody was detoured yet"

    def heal(self) -> None:
        if self._proxy is not None:
            # Before the rules: without them its farewells would leave from a port nobody knows.
            self._proxy.kill()
            self._proxy.wait(timeout=10)
            self._host.reconnect()
            self._proxy = None
