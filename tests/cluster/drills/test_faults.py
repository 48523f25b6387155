"""Proves on real hosts that every fault on packets lands, shows, and leaves nothing behind.

A standby is hit, so that nobody fails over; what the service makes of it is for the drills.
"""

from __future__ import annotations

import time
from collections.abc import Callable

import pytest

from chaos.archive_probes import Archive, Progress
from chaos.target import FaultMissed
from chaos.targets.local import LocalTarget
from local.cluster import Cluster
from local.errors import LocalError
from local.waiting import wait_for

pytestmark = pytest.mark.cluster
WHOLE_WITHIN = 120
ARCHIVE_WITHIN = 120


@pytest.fixture
def target(cluster: Cluster) -> LocalTarget:
    if not cluster.site.layout.isolated:
        pytest.skip("needs root: hosts are process groups here")
    return LocalTarget(cluster)


def landed(contradiction: Callable[[], str | None], within: float = 15) -> None:
    deadline = time.monotonic() + within
    while (text := contradiction()) is not None:
        if time.monotonic() > deadline:
            raise FaultMissed(text)
        time.sleep(0.2)


@pytest.mark.parametrize(
    "verb",
    [
        "isolate",
        "deafen",
        "mute",
        "cut the standbys off from",
        "cut etcd off from",
        "lose packets of",
        "slow down",
    ],
)
def test_a_fault_on_packets_hits_some_and_heals_without_a_trace(
    target: LocalTarget, cluster: Cluster, verb: str
) -> None:
    fault = target.fault(verb, "standby")
    host = next(h for h in cluster.hosts.values() if h.name in fault.description.split())
    try:
        fault.inject()
        landed(fault.landed)
    finally:
        fault.heal()
    with pytest.raises(LocalError):  # no table is left that could count
        host.packets_hit()
    wait_for("nothing is missing", lambda: not target.missing(), within=WHOLE_WITHIN, every=1)


def test_a_corrupt_page_is_found_and_the_standby_copied_anew(target: LocalTarget) -> None:
    fault = target.fault("corrupt a page of", "standby")
    try:
        fault.inject()
        landed(fault.landed, within=60)
    finally:
        fault.heal()
    wait_for("nothing is missing", lambda: not target.missing(), within=WHOLE_WITHIN, every=1)


def test_an_archive_that_is_cut_off_fails_and_catches_up_without_a_gap(
    target: LocalTarget, cluster: Cluster
) -> None:
    archive = target.archive()
    first = archive.close_segment()
    fault = target.fault("cut the archive off from", "primary")
    try:
        fault.inject()
        landed(fault.landed)
        wait_for("it fails", lambda: told(archive).failing, within=ARCHIVE_WITHIN, every=1)
        assert told(archive).waiting > 0
    finally:
        fault.heal()
    last = archive.close_segment()
    wait_for("nothing waits", lambda: not told(archive).waiting, within=ARCHIVE_WITHIN, every=1)
    assert not told(archive).failing
    assert archive.flaws(first, last) == []
    assert cluster.missing() == []


def told(archive: Archive) -> Progress:
    seen = archive.progress()
    assert seen is not None
    return seen
