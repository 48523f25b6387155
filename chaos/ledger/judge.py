"""Compare what clients were told with what the service kept. Pure: no clock, no network."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from chaos.ledger.operation import Operation, Outcome


@dataclass(frozen=True, slots=True)
class Account:
    """The books of one drill, after everything was read back. Keys are sorted."""

    attempted: int
    acknowledged: int
    failed: int
    indeterminate: int
    lost: tuple[str, ...] = ()
    """Acknowledged and missing. One of these is one too many."""
    duplicated: tuple[str, ...] = ()
    """Present more than once, whatever the client was told."""
    resurrected: tuple[str, ...] = ()
    """Reported failed, yet present: the service said "no" and did it."""
    recovered: tuple[str, ...] = ()
    """Indeterminate, and present after all."""
    unexpected: tuple[str, ...] = ()
    """Present, but nobody ever asked for it."""


def reconcile(operations: Iterable[Operation], present: Mapping[str, int]) -> Account:
    """Judge a history by what was read back.

    Args:
        operations: Every create of the drill; each key was sent once.
        present: How often each key was found.

    Raises:
        ValueError: A key was sent twice, which makes its count meaningless.
    """
    outcomes: dict[str, Outcome] = {}
    for operation in operations:
        if operation.key in outcomes:
            raise ValueError(
                f"key {operation.key!r} occurs twice in the history, each create has its own key. "
                "Give every writer its own prefix"
            )
        outcomes[operation.key] = operation.outcome

    found = {key for key, copies in present.items() if copies > 0}

    def keys(outcome: Outcome) -> set[str]:
        return {key for key, what in outcomes.items() if what is outcome}

    acknowledged = keys(Outcome.ACKNOWLEDGED)
    failed = keys(Outcome.FAILED)
    indeterminate = keys(Outcome.INDETERMINATE)
    return Account(
        attempted=len(outcomes),
        acknowledged=len(acknowledged),
        failed=len(failed),
        indeterminate=len(indeterminate),
        lost=tuple(sorted(acknowledged - found)),
        duplicated=tuple(sorted(key for key in found if present[key] > 1)),
        resurrected=tuple(sorted(failed & found)),
        recovered=tuple(sorted(indeterminate & found)),
        unexpected=tuple(sorted(found - outcomes.keys())),
    )
