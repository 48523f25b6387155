"""The archive of the database's log while it is out of reach: what waits, and whether all arrives.

Chaos Toolkit calls the functions here by name.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

from chaos import timeline
from chaos.context import current
from chaos.target import FaultMissed, NotPossible

NOTICED_WITHIN = 60.0
"""PostgreSQL hears of a failed attempt when it is given up, which takes 10 s."""
LOOK_EVERY = 1.0
FAILS = "archive: fails"
CAUGHT_UP = "archive: caught up"


class ArchiveBroken(Exception):  # noqa: N818  a finding, not a defect of the program
    """A restore from the archive would miss something, or find something else than was written."""


@dataclass(frozen=True, slots=True)
class Progress:
    """How far the archive is.

    Attributes:
        archived: Files that were sent, ever.
        failed: Attempts that failed, ever.
        waiting: Files that wait to be sent.
        failing: The newest attempt failed.
    """

    archived: int
    failed: int
    waiting: int
    failing: bool


class Archive(Protocol):
    """Where the database sends its log."""

    def progress(self) -> Progress | None:
        """None while no primary tells."""
        ...

    def close_segment(self) -> str:
        """Have what was written so far sent now; returns the name under which it will be there."""
        ...

    def flaws(self, first: str, last: str) -> Sequence[str]:
        """What is missing from the segment `first` to the segment `last`, or was overwritten."""
        ...


@runtime_checkable
class Archiving(Protocol):
    """A target whose archive can be looked into."""

    def archive(self) -> Archive: ...


@dataclass(slots=True)
class Watched:
    """The archive, how far it was before the fault, and the segments closed before and after."""

    archive: Archive
    before: Progress
    first: str
    last: str | None = None


_watched: list[Watched] = []


def watch_archive() -> None:
    """Remember how far the archive is, once all that was written so far has arrived."""
    run = current()
    _watched.clear()
    if not isinstance(run.target, Archiving):
        run.impossible = f"the target {run.target.name!r} lets nobody look into its archive"
        raise NotPossible(run.impossible)
    archive = run.target.archive()
    first = archive.close_segment()
    run.wait(
        "waiting for the archive to be current",
        run.settings.objectives.archive_caught_up,
        lambda: _behind(archive.progress()),
        every=LOOK_EVERY,
    )
    before = archive.progress()
    if before is None:
        raise FaultMissed("no primary tells how far its archive is")
    _watched.append(Watched(archive, before, first))


def archive_fails() -> None:
    """Wait until an attempt has failed since the fault, and something waits."""
    run, watched = current(), _last_watched()
    run.wait(
        "waiting for the archive to fail",
        NOTICED_WITHIN,
        lambda: _still_works(watched.archive.progress(), watched.before),
        every=LOOK_EVERY,
    )


def log_piles_up() -> int:
    """Say how much waits at the end of the fault; some of it has to."""
    run, watched = current(), _last_watched()
    seen = watched.archive.progress()
    if (obstacle := _still_works(seen, watched.before)) or seen is None:
        raise FaultMissed(obstacle or "no primary tells")
    failed = seen.failed - watched.before.failed
    run.mark(FAILS, f"{failed} attempts failed, {seen.waiting} files wait")
    return seen.waiting


def archive_catches_up() -> float:
    """Wait until nothing waits any more, what was written until now included."""
    run, watched = current(), _last_watched()
    healed = run.at(timeline.HEALED)
    if healed is None:
        raise FaultMissed("nothing was healed, so there is nothing to catch up with")
    watched.last = watched.archive.close_segment()
    run.wait(
        "waiting for the archive to catch up",
        run.settings.objectives.archive_caught_up,
        lambda: _behind(watched.archive.progress()),
        every=LOOK_EVERY,
    )
    mark = run.mark(CAUGHT_UP)
    return mark.at - healed


def archive_is_whole() -> None:
    """Every segment closed from before the fault to after it is there, and none was overwritten."""
    watched = _last_watched()
    if watched.last is None:
        raise FaultMissed("the archive was not waited for. Ask archive_catches_up first")
    if flaws := watched.archive.flaws(watched.first, watched.last):
        raise ArchiveBroken(f"{watched.first} to {watched.last}: {'; '.join(flaws)}")


def _last_watched() -> Watched:
    if not _watched:
        raise FaultMissed("nobody watched the archive. Start with watch_archive")
    return _watched[-1]


def _behind(seen: Progress | None) -> str | None:
    if seen is None:
        return "no primary tells"
    if seen.failing:
        return f"the newest attempt failed, {seen.waiting} files wait"
    return f"{seen.waiting} files wait" if seen.waiting else None


def _still_works(seen: Progress | None, before: Progress) -> str | None:
    if seen is None:
        return "no primary tells"
    if seen.failed <= before.failed:
        return "no attempt has failed"
    return None if seen.waiting else "nothing waits"
