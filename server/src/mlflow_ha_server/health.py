"""The three questions asked about an instance: /live, /ready and /writable.

They need no login, no Host check and no slot. /ready cannot see the database: an
outage of what all instances share must not take them all out of the balancer.
"""

import asyncio
import queue
import threading
from collections.abc import Callable
from dataclasses import dataclass
from http import HTTPStatus

from mlflow_ha_server.asgi import App, Receive, Scope, Send, send_json

PATHS = ("/live", "/ready", "/writable")


@dataclass
class Instance:
    """What this process knows about itself."""

    name: str
    initialised: bool = False
    draining: bool = False


@dataclass(frozen=True)
class Answer:
    """One answer: an HTTP status, and why."""

    status: int
    reason: str

    def body(self, instance: str) -> dict[str, object]:
        """Return the JSON body."""
        return {"ok": self.status == HTTPStatus.OK, "reason": self.reason, "instance": instance}


def live() -> Answer:
    """Return 200: whoever can answer lives."""
    return Answer(200, "the process lives")


def ready(instance: Instance) -> Answer:
    """Return whether this instance can serve."""
    if instance.draining:
        return Answer(503, "draining: this instance is shutting down")
    if not instance.initialised:
        return Answer(503, "starting: this instance is not initialised yet")
    return Answer(200, "this instance can serve")


def writable(outcome: str | None) -> Answer:
    """Return whether a write commits now; ``outcome`` is what went wrong, if anything."""
    return Answer(503, outcome) if outcome else Answer(200, "a write was committed")


class Probe:
    """Tries a write in one thread, one at a time; who asks meanwhile shares the result.

    The thread is a daemon: a write that hangs on a frozen server must not hold up
    the process's end.
    """

    def __init__(
        self, write: Callable[[], str | None], seconds: float, saturated: Callable[[], bool]
    ) -> None:
        """Start the thread.

        Args:
            write: commits a write; returns what went wrong, None if nothing.
            seconds: longest wait for it.
            saturated: whether the pool has no connection left; asked after a time-out.
        """
        self._write = write
        self._seconds = seconds
        self._saturated = saturated
        self._jobs: queue.SimpleQueue[asyncio.Future[str | None]] = queue.SimpleQueue()
        self._flight: asyncio.Future[str | None] | None = None
        threading.Thread(target=self._work, name="mlflow-ha-probe", daemon=True).start()

    async def outcome(self) -> str | None:
        """Return what went wrong, None if a write was committed."""
        if self._flight is None or self._flight.done():
            self._flight = asyncio.get_running_loop().create_future()
            self._jobs.put(self._flight)
        done, _ = await asyncio.wait({self._flight}, timeout=self._seconds)
        if done:
            return self._flight.result()
        why = "the pool has no free connection" if self._saturated() else "the database is silent"
        return f"no write was committed within {self._seconds:g} s: {why}"

    def _work(self) -> None:
        while True:
            flight = self._jobs.get()
            try:
                outcome = self._write()
            except Exception as error:  # noqa: BLE001  (whatever it is, the next probe must run)
                outcome = type(error).__name__
            try:
                flight.get_loop().call_soon_threadsafe(_finish, flight, outcome)
            except RuntimeError:
                return  # the loop is closed, the process is ending


def _finish(flight: asyncio.Future[str | None], outcome: str | None) -> None:
    if not flight.done():
        flight.set_result(outcome)


class Health:
    """The ASGI wrapper."""

    def __init__(self, app: App, instance: Instance, probe: Probe) -> None:
        """Wrap the application."""
        self._app = app
        self._instance = instance
        self._probe = probe

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one of the three questions, or pass the request on."""
        if scope["type"] != "http" or scope["path"] not in PATHS:
            await self._app(scope, receive, send)
            return
        if scope["method"] not in ("GET", "HEAD"):
            refusal = Answer(405, f"{scope['method']}: use GET or HEAD")
            await send_json(send, 405, refusal.body(self._instance.name), (("Allow", "GET, HEAD"),))
            return
        match scope["path"]:
            case "/live":
                answer = live()
            case "/ready":
                answer = ready(self._instance)
            case _:
                answer = writable(await self._probe.outcome())
        await send_json(send, answer.status, answer.body(self._instance.name))
