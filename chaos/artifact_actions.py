"""Artifacts while the object store is broken: stored, counted, read back. Called by name.

The ledger's creates go to the database only; these go through MLflow to the object store.
"""

from __future__ import annotations

import hashlib
import itertools
import threading
import time
from dataclasses import dataclass, field

import httpx

from chaos.clock import Clock
from chaos.context import DeadlineMissed, current
from chaos.drill import resolve
from chaos.target import FaultMissed, FrontDoor

API = "/api/2.0/mlflow-artifacts/artifacts"
SIZE = 64 << 10
PAUSE = 0.2
GIVE_UP = 20.0
"""Longer than a proxy of the object store tries (5 s per server), shorter than any hold."""
READ_BACK_WITHIN = 60.0
STORED = "artifacts: longest gap"


class ArtifactsLost(Exception):  # noqa: N818  a finding, not a defect of the program
    """Artifacts that were acknowledged cannot be read, or read as something else."""


class ArtifactsHeldUp(Exception):  # noqa: N818  a finding, not a defect of the program
    """No artifact could be stored for longer than allowed."""


@dataclass
class Storer:
    """Stores small artifacts one after another, each under its own name, and remembers them."""

    door: FrontDoor
    prefix: str
    clock: Clock
    stored: dict[str, float] = field(default_factory=dict)
    failed: int = 0

    def __post_init__(self) -> None:
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._store_on, name="artifacts", daemon=True)
        self.began = self.clock.now()

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._over.set()
        self._thread.join(timeout=2 * GIVE_UP)

    def damaged(self) -> list[str]:
        """Names of what was acknowledged and is not there as it was sent."""
        with self._client() as client:
            return [name for name in self.stored if not self._same(client, name)]

    def longest_gap(self) -> float:
        """Seconds between two artifacts stored, the borders of the run included."""
        instants = [self.began, *sorted(self.stored.values()), self.clock.now()]
        return max(b - a for a, b in itertools.pairwise(instants))

    def _store_on(self) -> None:
        number = 0
        with self._client() as client:
            while not self._over.wait(PAUSE):
                number += 1
                name = f"{self.prefix}-{number}"
                try:
                    client.put(f"{API}/{name}", content=content(name)).raise_for_status()
                except httpx.HTTPError:
                    self.failed += 1
                else:
                    self.stored[name] = self.clock.now()

    def _same(self, client: httpx.Client, name: str) -> bool:
        until = self.clock.now() + READ_BACK_WITHIN
        while True:
            try:
                answer = client.get(f"{API}/{name}").raise_for_status()
            except httpx.HTTPError:
                if self.clock.now() > until:
                    return False
                time.sleep(PAUSE)
            else:
                return answer.content == content(name)

    def _client(self) -> httpx.Client:
        return httpx.Client(
            base_url=self.door.url,
            auth=(self.door.username, self.door.password),
            timeout=GIVE_UP,
            trust_env=False,
        )


def content(name: str) -> bytes:
    """What an artifact holds, as its name decides: nothing has to be remembered to compare it."""
    seed = hashlib.sha256(name.encode()).digest()
    return seed * (SIZE // len(seed))


_storers: list[Storer] = []


def start_artifacts() -> None:
    """Store artifacts from now on, and have one stored before going on."""
    run = current()
    _storers.clear()
    storer = Storer(run.target.front_door(), f"drill-{int(run.clock.wall)}", run.clock)
    storer.start()
    _storers.append(storer)
    run.wait("an artifact is stored", GIVE_UP, lambda: None if storer.stored else "none yet")


def artifacts_flow(steady: int = 5) -> None:
    """Wait until `steady` more artifacts were stored."""
    run = current()
    before = len(_storer().stored)
    try:
        run.wait(
            "waiting for artifacts to flow",
            run.settings.objectives.recovery,
            lambda: _more(before + steady),
        )
    except DeadlineMissed as error:
        raise ArtifactsHeldUp(str(error)) from error


def no_artifact_is_lost(within: str | None = None) -> float:
    """Stop storing; every acknowledged artifact is there as it was sent.

    Args:
        within: Settings key of the longest gap between two artifacts; None where one has to be.
    """
    run = current()
    storer = _storer()
    gap = storer.longest_gap()
    storer.stop()
    run.mark(STORED, f"{gap:.1f} s; {len(storer.stored)} stored, {storer.failed} refused")
    if bad := storer.damaged():
        raise ArtifactsLost(f"{len(bad)} of {len(storer.stored)}, the first is {bad[0]}")
    if within is not None and gap > (allowed := resolve(run.settings, within)):
        raise ArtifactsHeldUp(f"no artifact for {gap:.1f} s, allowed are {allowed:g} s")
    return gap


def _storer() -> Storer:
    if not _storers:
        raise FaultMissed("nobody stores artifacts. Start with start_artifacts")
    return _storers[-1]


def _more(wanted: int) -> str | None:
    stored = len(_storer().stored)
    return None if stored >= wanted else f"{stored} of {wanted} are stored"
