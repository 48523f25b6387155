"""Whether the service kept its promise in one drill. Pure: everything it needs is handed in."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from chaos.crews.books import CrewBooks
from chaos.crews.kind import DEADLINE
from chaos.ledger.judge import Account
from chaos.ledger.outage import Gap


class Verdict(StrEnum):
    """How a drill came out."""

    PASSED = "passed"
    FAILED = "failed"
    SKIPPED = "skipped"


class Failing(StrEnum):
    """Why a drill failed, the gravest first. Negative controls must fail for exactly one."""

    STEP_FAILED = "step_failed"
    LOST = "lost"
    DUPLICATED = "duplicated"
    SHIM_LOST = "shim_lost"
    SHIM_DUPLICATED = "shim_duplicated"
    NO_WRITES = "no_writes"
    OBJECTIVE_MISSED = "objective_missed"
    RESUMED_LATE = "resumed_late"
    TOO_MANY_FAILURES = "too_many_failures"
    SHIM_FAILED = "shim_failed"
    SPOOL_SLOW = "spool_slow"
    REDUNDANCY_NOT_RESTORED = "redundancy_not_restored"


@dataclass(frozen=True, slots=True)
class Limits:
    """What the drill allows, resolved from settings."""

    outage: float
    redundancy: float
    zero: tuple[Failing, ...] = (Failing.LOST, Failing.DUPLICATED)
    unfinished: int | None = None
    """Creates that may fail or stay in doubt after the fault; None: any number."""
    resume: float | None = None
    """Longest time from healing to the first success, where writes cannot resume before."""
    registration: float = math.inf
    """Longest a registration may take with the spool, in seconds, at p99."""


@dataclass(frozen=True, slots=True)
class Measured:
    """What the drill observed."""

    account: Account | None
    """None if nothing could be read back."""
    outage: Gap | None
    """None if no fault was injected."""
    baseline: int = 0
    """Creates acknowledged before the fault."""
    refused_before: int = 0
    """Creates that failed before the fault: the service was not steady."""
    unfinished: int = 0
    """Creates that failed or stayed in doubt after the fault."""
    redundancy: float | None = None
    resumed_after_healing: float | None = None
    mishaps: Sequence[str] = field(default_factory=tuple)
    """Why the run proves nothing: a failed action, a fault that missed, no steady state."""
    crews: Sequence[CrewBooks] = field(default_factory=tuple)
    """What training clients were told, and what the service kept of it."""


@dataclass(frozen=True, slots=True)
class Judgement:
    """A verdict, with every reason for it."""

    verdict: Verdict
    reason: str
    failings: tuple[Failing, ...] = ()


def judge(limits: Limits, measured: Measured) -> Judgement:
    """Compare what was measured with what is allowed."""
    found = [
        *((Failing.STEP_FAILED, text) for text in measured.mishaps),
        *_of_the_books(limits, measured),
        *_of_the_outage(limits, measured),
        *_of_the_redundancy(limits, measured),
        *(found for books in measured.crews for found in _of_a_crew(limits, measured, books)),
    ]
    if found:
        order = list(Failing)
        found.sort(key=lambda item: order.index(item[0]))
        kinds = tuple(dict.fromkeys(kind for kind, _ in found))
        return Judgement(Verdict.FAILED, "; ".join(text for _, text in found), kinds)
    return Judgement(Verdict.PASSED, _summary(limits, measured))


def skipped(reason: str) -> Judgement:
    """The target cannot do what the drill asks."""
    return Judgement(Verdict.SKIPPED, reason)


def _of_the_books(limits: Limits, measured: Measured) -> list[tuple[Failing, str]]:
    books = measured.account
    if books is None:
        return [
            (Failing.STEP_FAILED, "nothing was read back, so nothing is known about the writes")
        ]
    found = []
    if Failing.LOST in limits.zero and books.lost:
        found.append((Failing.LOST, f"lost {_some(books.lost)}: acknowledged, and gone"))
    if Failing.DUPLICATED in limits.zero and books.duplicated:
        found.append(
            (Failing.DUPLICATED, f"duplicated {_some(books.duplicated)}: sent once, there twice")
        )
    if books.acknowledged == 0:
        found.append((Failing.NO_WRITES, f"none of {books.attempted} writes was acknowledged"))
    elif measured.outage is not None and measured.baseline == 0:
        found.append((Failing.NO_WRITES, "no write was acknowledged before the fault"))
    if measured.refused_before:
        found.append(
            (Failing.STEP_FAILED, f"{measured.refused_before} writes failed before the fault")
        )
    return found


def _of_the_outage(limits: Limits, measured: Measured) -> list[tuple[Failing, str]]:
    found = []
    gap = measured.outage
    if gap is None and not measured.mishaps:
        found.append((Failing.STEP_FAILED, "no fault was injected"))
    if gap is not None and gap.seconds > limits.outage:
        how = "and still lasted at the end" if gap.open_end else "without a successful write"
        found.append(
            (
                Failing.OBJECTIVE_MISSED,
                f"outage {gap.seconds:.1f} s {how}, allowed are {limits.outage:g} s",
            )
        )
    if limits.resume is not None and gap is not None:
        after = measured.resumed_after_healing
        if after is None:
            found.append((Failing.RESUMED_LATE, "writes did not resume after healing"))
        elif after > limits.resume:
            found.append(
                (
                    Failing.RESUMED_LATE,
                    f"writes resumed {after:.1f} s after healing, allowed are {limits.resume:g} s",
                )
            )
    if limits.unfinished is not None and measured.unfinished > limits.unfinished:
        found.append(
            (
                Failing.TOO_MANY_FAILURES,
                (
                    f"{measured.unfinished} writes failed or stayed in doubt after the fault, at "
                    f"most the {limits.unfinished} in flight may"
                ),
            )
        )
    return found


def _of_the_redundancy(limits: Limits, measured: Measured) -> list[tuple[Failing, str]]:
    if measured.outage is None:
        return []
    if measured.redundancy is None:
        return [(Failing.REDUNDANCY_NOT_RESTORED, "full redundancy did not return")]
    if measured.redundancy > limits.redundancy:
        return [
            (
                Failing.REDUNDANCY_NOT_RESTORED,
                (
                    f"full redundancy took {measured.redundancy:.0f} s, allowed are "
                    f"{limits.redundancy:g} s"
                ),
            )
        ]
    return []


def _of_a_crew(limits: Limits, measured: Measured, books: CrewBooks) -> list[tuple[Failing, str]]:
    """Stock MLflow is only reported: it promises nothing."""
    name = books.kind.name
    if books.account is None:
        return [(Failing.STEP_FAILED, f"what the crew {name} wrote was not read back")]
    if books.acknowledged == 0:
        return [(Failing.NO_WRITES, f"none of the crew {name}'s calls was acknowledged")]
    if not books.kind.shim:
        return []
    found = []
    if lost := books.account.lost:
        found.append((Failing.SHIM_LOST, f"{name} lost {_some(lost)}: acknowledged, and gone"))
    if doubled := books.account.duplicated:
        found.append((Failing.SHIM_DUPLICATED, f"{name} duplicated {_some(doubled)}: asked once"))
    unserved = books.failed + books.in_doubt
    if unserved and (measured.outage is None or measured.outage.seconds < DEADLINE):
        first = next(iter(books.errors), "they never ended")
        found.append(
            (Failing.SHIM_FAILED, f"{unserved} calls of {name} failed or never ended: {first}")
        )
    slow = books.registration.p99
    if books.kind.spools and slow is not None and slow >= limits.registration:
        found.append(
            (
                Failing.SPOOL_SLOW,
                (
                    f"a registration of {name} took {slow:.1f} s at p99, it has to be less than "
                    f"{limits.registration:g} s"
                ),
            )
        )
    return found


def _summary(limits: Limits, measured: Measured) -> str:
    seconds = measured.outage.seconds if measured.outage else 0.0
    writes = measured.account.acknowledged if measured.account else 0
    return (
        f"outage {seconds:.1f} s of {limits.outage:g} s allowed; "
        f"{writes} writes acknowledged, none lost, none doubled"
    )


def _some(keys: Sequence[str], most: int = 3) -> str:
    noun = "write" if len(keys) == 1 else "writes"
    more = ", …" if len(keys) > most else ""
    return f"{len(keys)} {noun} ({', '.join(keys[:most])}{more})"
