"""Walk: bring about what the plan says, keep the ledger, and tell what was seen."""

from __future__ import annotations

import heapq
import itertools
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Protocol, runtime_checkable

from chaos.clock import Clock
from chaos.ledger.client import Client
from chaos.ledger.history import History
from chaos.ledger.judge import Account, reconcile
from chaos.ledger.operation import Outcome
from chaos.ledger.outage import longest_gap
from chaos.ledger.session import REQUEST_TIMEOUT
from chaos.ledger.writers import Writers
from chaos.progress import Progress
from chaos.target import Fault, FaultMissed, Target
from chaos.walk.plan import Blow, Episode

LANDING = 10.0
AT_ONCE = 0.5
"""Seconds: blows this early in an episode fall together; the proof of each comes this much later."""
WHOLE_WITHIN = 240.0
"""Hosts come back one by one, and a node that was left behind is rewound."""
ASK_EVERY = 0.5
FLOWING = 3.0
PAUSE_ALLOWED = 1.5


class WalkStuck(Exception):  # noqa: N818  a finding, not a defect of the program
    """The service did not become whole again, or a fault could not be brought about."""


@runtime_checkable
class Failing(Target, Protocol):
    """A target that counts its failovers."""

    def failovers(self) -> int | None:
        """How many there ever were; None while nobody can tell."""
        ...


@dataclass(frozen=True)
class Told:
    """What became of one episode.

    Attributes:
        faults: What was done and to whom, with the second in which it landed.
        failovers: How many times another node was promoted.
        outage: Longest gap without a success, in seconds.
        whole: Seconds from the first blow until nothing was missing.
    """

    episode: Episode
    faults: tuple[str, ...]
    failovers: int
    outage: float
    whole: float


@dataclass
class Walk:
    """One walk from its first write to its books."""

    target: Failing
    client: Client
    history: History
    clock: Clock
    progress: Progress
    threads: int
    told: list[Told] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._writers = Writers(self.client, self.history, self.clock, threads=self.threads)
        self._in_place: list[Fault] = []

    def run(self, plan: Iterator[Episode], *, enough: Callable[[Walk], bool]) -> None:
        """Walk until it is enough; whatever happens, every fault is healed and writers stop.

        Raises:
            WalkStuck: The service did not become whole again.
        """
        self.client.prepare()
        self._writers.start()
        try:
            while not enough(self):
                self._live_through(next(plan))
        finally:
            self._heal_all()
            self._writers.stop(within=2 * REQUEST_TIMEOUT)

    def books(self) -> Account:
        """Compare what was acknowledged with what is there."""
        return reconcile(self.history.operations(), self.client.read_back())

    @property
    def failovers(self) -> int:
        return sum(told.failovers for told in self.told)

    @property
    def acknowledged(self) -> int:
        return self.history.count(Outcome.ACKNOWLEDGED)

    def _live_through(self, episode: Episode) -> None:
        time.sleep(episode.rest)
        before = self._failovers_so_far()
        began = self.clock.now()
        done = tuple(self._blow_and_heal(episode))
        self._wait("the service is whole", self._gaps, within=WHOLE_WITHIN)
        whole = self.clock.now() - began
        self._wait("writes flow", self._obstacle_to_flow, within=WHOLE_WITHIN)
        gap = longest_gap(self.history.since(began), began, self.clock.now())
        told = Told(
            episode=episode,
            faults=done,
            failovers=self._failovers_so_far() - before,
            outage=round(gap.seconds, 2),
            whole=round(whole, 1),
        )
        self.told.append(told)
        self.progress.event(
            self.clock.now() - self.clock.monotonic,
            f"{episode.number}. {episode.kind}: {'; '.join(done)}; {told.failovers} failovers, "
            f"outage {told.outage:.1f} s, whole after {told.whole:.0f} s, "
            f"{self.acknowledged} acknowledged",
        )

    def _blow_and_heal(self, episode: Episode) -> Iterator[str]:
        """Bring about every blow at its time, prove it, and heal each at its own."""
        order = itertools.count()
        # Aimed before the first falls: a frozen host makes asking who leads slow, and blows that
        # are meant for one moment would fall seconds apart.
        aimed = {blow: self._aimed(blow) for blow in episode.blows if blow.at <= AT_ONCE}
        due: list[tuple[float, int, Callable[[], None] | Blow]] = [
            (blow.at, next(order), blow) for blow in episode.blows
        ]
        heapq.heapify(due)
        began = self.clock.now()
        while due:
            at, _, what = heapq.heappop(due)
            time.sleep(max(0.0, began + at - self.clock.now()))
            if not isinstance(what, Blow):
                what()
                continue
            fault = aimed.get(what) or self._aimed(what)
            self._in_place.append(fault)
            fault.inject()
            fell = self.clock.now() - began
            yield f"{fault.description} at {fell:.1f} s"
            heapq.heappush(due, (fell + AT_ONCE, next(order), partial(self._prove, fault)))
            if fault.needs_healing:
                heapq.heappush(due, (fell + what.lasts, next(order), partial(self._heal, fault)))
            else:
                self._in_place.remove(fault)

    def _prove(self, fault: Fault) -> None:
        self._wait(fault.description, fault.landed, within=LANDING)

    def _heal(self, fault: Fault) -> None:
        fault.heal()
        self._in_place.remove(fault)

    def _aimed(self, blow: Blow) -> Fault:
        """Between two primaries nobody plays the role: wait for the next one."""
        deadline = self.clock.now() + WHOLE_WITHIN
        while True:
            try:
                return self.target.fault(blow.verb, blow.role)
            except FaultMissed as error:
                if self.clock.now() > deadline:
                    raise WalkStuck(f"{blow.verb} {blow.role}: {error}") from error
                time.sleep(ASK_EVERY)

    def _heal_all(self) -> None:
        while self._in_place:
            self._in_place.pop().heal()

    def _failovers_so_far(self) -> int:
        found: list[int] = []

        def told() -> str | None:
            count = self.target.failovers()
            found.extend([] if count is None else [count])
            return None if found else "nobody tells"

        self._wait("the number of failovers", told, within=WHOLE_WITHIN)
        return found[-1]

    def _gaps(self) -> str | None:
        return "; ".join(self.target.missing()) or None

    def _obstacle_to_flow(self) -> str | None:
        now = self.clock.now()
        recent = self.history.since(now - FLOWING)
        gap = longest_gap(recent, now - FLOWING, now)
        return f"a pause of {gap.seconds:.1f} s" if gap.seconds > PAUSE_ALLOWED else None

    def _wait(self, label: str, obstacle: Callable[[], str | None], *, within: float) -> None:
        deadline = self.clock.now() + within
        while (left := obstacle()) is not None:
            if self.clock.now() > deadline:
                raise WalkStuck(f"{label}: not within {within:g} s: {left}")
            self.progress.status(f"{self.acknowledged} acknowledged · {label}: {left}")
            time.sleep(ASK_EVERY)


def history_in(folder: Path) -> History:
    folder.mkdir(parents=True)
    return History(folder / "history.jsonl")
