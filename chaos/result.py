"""The result of one drill, and the JSON that scripts rely on (shared design, "Interfaces")."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from chaos import measurement, timeline
from chaos.clock import Clock
from chaos.drill import Drill
from chaos.ledger.operation import Operation
from chaos.measurement import Observed
from chaos.timeline import Mark, instant_of
from chaos.verdict import Judgement, Limits, Measured, Verdict

MOST_KEYS = 20


@dataclass(frozen=True)
class Result:
    """One drill, judged."""

    drill: Drill
    target: str
    limits: Limits
    judgement: Judgement
    measured: Measured
    seen: Observed
    clock: Clock
    prefix: str
    versions: Mapping[str, str]
    settings: Mapping[str, Any]
    interrupted: bool

    @property
    def passed(self) -> bool:
        return self.judgement.verdict is not Verdict.FAILED

    @property
    def injected(self) -> float | None:
        return instant_of(self.seen.marks, timeline.INJECTED)

    @property
    def story(self) -> list[Mark]:
        return measurement.story(self.seen, self.measured)

    @property
    def operations(self) -> Sequence[Operation]:
        return self.seen.operations

    def to_json(self) -> dict[str, Any]:
        """The documented keys first, then what helps to understand them."""
        terms = self.drill.terms
        gap = self.measured.outage
        return {
            "drill": self.drill.name,
            "target": self.target,
            "verdict": self.judgement.verdict.value,
            "reason": self.judgement.reason,
            "objective_seconds": self.limits.outage,
            "outage_seconds": _rounded(None if gap is None else gap.seconds),
            "redundancy_restored_seconds": _rounded(self.measured.redundancy),
            "client": self._client(),
            "crews": {books.kind.name: books.to_json() for books in self.seen.crews},
            "timeline": [self._mark(mark) for mark in self.story],
            "failings": [failing.value for failing in self.judgement.failings],
            "must_fail": terms.must_fail and terms.must_fail.value,
            "unfinished_after_fault": self.measured.unfinished,
            "outage_of_old_connections_seconds": _rounded(
                measurement.outage_of_old_connections(self.seen)
            ),
            "recovery_seconds": _rounded(measurement.recovery(self.seen)),
            "resumed_after_healing_seconds": _rounded(self.measured.resumed_after_healing),
            "latency": {
                when: {key: _rounded(value) for key, value in asdict(values).items()}
                for when, values in measurement.latencies(self.seen).items()
            },
            "experiment": {"name": self.prefix, "title": self.drill.title},
            "started": self.clock.iso_at(self.clock.monotonic),
            "versions": dict(self.versions),
            "settings": dict(self.settings),
        }

    def _client(self) -> dict[str, Any]:
        books = self.measured.account
        if books is None:  # nothing was read back: what clients were told is all there is
            told = [o.outcome.value for o in self.operations]
            counts = {
                name: told.count(name) for name in ("acknowledged", "failed", "indeterminate")
            }
            return {"attempted": len(told), **counts, "lost": None, "duplicated": None}
        return {
            "attempted": books.attempted,
            "acknowledged": books.acknowledged,
            "failed": books.failed,
            "indeterminate": books.indeterminate,
            "lost": len(books.lost),
            "duplicated": len(books.duplicated),
            "resurrected": len(books.resurrected),
            "recovered": len(books.recovered),
            "unexpected": len(books.unexpected),
            "keys": {
                "lost": list(books.lost[:MOST_KEYS]),
                "duplicated": list(books.duplicated[:MOST_KEYS]),
                "resurrected": list(books.resurrected[:MOST_KEYS]),
                "unexpected": list(books.unexpected[:MOST_KEYS]),
            },
        }

    def _mark(self, mark: Mark) -> dict[str, Any]:
        injected = self.injected
        since = None if injected is None else round(mark.at - injected, 3)
        return {
            "at": self.clock.iso_at(mark.at),
            "event": mark.event,
            "detail": mark.detail,
            "seconds_since_fault": since,
        }


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 4)
