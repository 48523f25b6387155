"""Proves that the archive's probes tell an archive that fails from one that works, lags or lacks."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import pytest

from chaos import archive_probes, timeline
from chaos.archive_probes import ArchiveBroken, Progress
from chaos.context import DeadlineMissed
from chaos.target import FaultMissed, NotPossible

WORKS = Progress(archived=7, failed=2, waiting=0, failing=False)
FAILS = replace(WORKS, failed=3, waiting=2, failing=True)
LAGS = replace(WORKS, waiting=1)


class FakeArchive:
    """Answers with the progress of now; `closed` counts the segments that were closed."""

    def __init__(self) -> None:
        self.now: Progress | None = WORKS
        self.found: list[str] = []
        self.closed = 0

    def progress(self) -> Progress | None:
        return self.now

    def close_segment(self) -> str:
        self.closed += 1
        return f"segment-{self.closed}"

    def flaws(self, first: str, last: str) -> Sequence[str]:
        assert (first, last) == ("segment-1", "segment-2")  # before the fault, and after it
        return self.found


class FakeRun:
    def __init__(self, target: Any) -> None:
        self.target = target
        self.settings = SimpleNamespace(objectives=SimpleNamespace(archive_caught_up=120))
        self.marks = {timeline.HEALED: 10.0}
        self.impossible: str | None = None

    def wait(self, label: str, within: float, done: Callable[[], str | None], every: float) -> None:
        """Once, without the patience."""
        assert within > every
        if obstacle := done():
            raise DeadlineMissed(f"{label}: {obstacle}")

    def mark(self, event: str, detail: str = "") -> Any:
        del event, detail
        return SimpleNamespace(at=15.0)

    def at(self, event: str) -> float | None:
        return self.marks.get(event)


@pytest.fixture
def archive(monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeArchive]:
    archive = FakeArchive()
    run = FakeRun(SimpleNamespace(name="fake", archive=lambda: archive))
    monkeypatch.setattr(archive_probes, "current", lambda: run)
    yield archive
    archive_probes._watched.clear()


@pytest.fixture
def watched(archive: FakeArchive) -> FakeArchive:
    archive_probes.watch_archive()
    return archive


def test_an_archive_that_fails_before_the_fault_proves_nothing(archive: FakeArchive) -> None:
    for archive.now in (FAILS, LAGS, None):
        with pytest.raises(DeadlineMissed, match="to be current"):
            archive_probes.watch_archive()


def test_an_archive_that_was_cut_off_and_works_on_is_found_out(watched: FakeArchive) -> None:
    with pytest.raises(DeadlineMissed, match="no attempt has failed"):
        archive_probes.archive_fails()
    watched.now = FAILS
    archive_probes.archive_fails()
    assert archive_probes.log_piles_up() == 2
    watched.now = replace(FAILS, waiting=0)
    with pytest.raises(FaultMissed, match="nothing waits"):
        archive_probes.log_piles_up()


@pytest.mark.parametrize("now", [FAILS, LAGS, None])
def test_an_archive_that_never_catches_up_is_found_out(
    watched: FakeArchive, now: Progress | None
) -> None:
    watched.now = now
    with pytest.raises(DeadlineMissed, match="to catch up"):
        archive_probes.archive_catches_up()


def test_catching_up_is_counted_from_healing_and_takes_in_what_was_written_last(
    watched: FakeArchive,
) -> None:
    before = watched.closed
    assert archive_probes.archive_catches_up() == 5.0
    assert watched.closed == before + 1


def test_a_gap_is_found_out(watched: FakeArchive) -> None:
    with pytest.raises(FaultMissed, match="was not waited for"):
        archive_probes.archive_is_whole()
    archive_probes.archive_catches_up()
    archive_probes.archive_is_whole()
    watched.found = ["segment-2 is missing"]
    with pytest.raises(ArchiveBroken, match="segment-1 to segment-2: segment-2 is missing"):
        archive_probes.archive_is_whole()


def test_nobody_judges_an_archive_that_nobody_watched(archive: FakeArchive) -> None:
    del archive
    with pytest.raises(FaultMissed, match="Start with watch_archive"):
        archive_probes.archive_is_whole()


def test_a_target_without_an_archive_makes_the_drill_impossible(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    run = FakeRun(SimpleNamespace(name="bare"))
    monkeypatch.setattr(archive_probes, "current", lambda: run)
    with pytest.raises(NotPossible, match="look into its archive"):
        archive_probes.watch_archive()
    assert run.impossible
