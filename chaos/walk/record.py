"""What is kept of a walk, and what many walks come to. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from typing import Any

from chaos.ledger.judge import Account
from chaos.ledger.outage import quantile
from chaos.walk.walk import Told

MOST_KEYS = 20
HANGS, ETCD_LEADER = "freeze", "etcd-leader"


def record(
    seed: int, told: Sequence[Told], books: Account, *, seconds: float, stuck: str | None
) -> dict[str, Any]:
    """One walk, as JSON.

    Args:
        seed: Repeats it.
        told: Its episodes.
        books: What was acknowledged, and what was there.
        seconds: How long it took.
        stuck: Why it ended early, if it did.
    """
    return {
        "seed": seed,
        "verdict": "failed" if books.lost or books.duplicated or stuck else "passed",
        "stuck": stuck,
        "seconds": round(seconds, 1),
        "failovers": sum(each.failovers for each in told),
        "primary_hangs": sum(_hangs(each, "primary") for each in told),
        "etcd_leader_hangs": sum(_hangs(each, ETCD_LEADER) for each in told),
        "client": {
            "attempted": books.attempted,
            "acknowledged": books.acknowledged,
            "failed": books.failed,
            "indeterminate": books.indeterminate,
            "lost": len(books.lost),
            "duplicated": len(books.duplicated),
            "resurrected": len(books.resurrected),
            "unexpected": len(books.unexpected),
            "keys": {
                "lost": list(books.lost[:MOST_KEYS]),
                "duplicated": list(books.duplicated[:MOST_KEYS]),
            },
        },
        "episodes": [
            {
                "number": each.episode.number,
                "kind": each.episode.kind,
                "blows": [asdict(blow) for blow in each.episode.blows],
                "faults": list(each.faults),
                "failovers": each.failovers,
                "outage_seconds": each.outage,
                "whole_seconds": each.whole,
            }
            for each in told
        ],
    }


def summary(kept: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """All walks together, and outages by kind of episode.

    Args:
        kept: Evidence files, one for each walk.
    """
    walks = [document["result"] for document in kept]
    episodes = [episode for walk in walks for episode in walk["episodes"]]
    kinds = sorted({episode["kind"] for episode in episodes})
    return {
        "walks": len(walks),
        "passed": sum(walk["verdict"] == "passed" for walk in walks),
        "failovers": _sum(walks, "failovers"),
        "episodes": len(episodes),
        "primary_hangs": _sum(walks, "primary_hangs"),
        "etcd_leader_hangs": _sum(walks, "etcd_leader_hangs"),
        "seconds": round(sum(walk["seconds"] for walk in walks), 1),
        "acknowledged": _sum([walk["client"] for walk in walks], "acknowledged"),
        "lost": _sum([walk["client"] for walk in walks], "lost"),
        "duplicated": _sum([walk["client"] for walk in walks], "duplicated"),
        "outages": {
            kind: _spread(e["outage_seconds"] for e in episodes if e["kind"] == kind)
            for kind in kinds
        },
        "commits": sorted({document["commit"] for document in kept}),
        "each": [
            {
                "date": document["date"],
                "commit": document["commit"],
                **{key: value for key, value in document["result"].items() if key != "episodes"},
            }
            for document in kept
        ],
    }


def _hangs(told: Told, role: str) -> int:
    return sum((blow.verb, blow.role) == (HANGS, role) for blow in told.episode.blows)


def _sum(rows: Iterable[dict[str, Any]], key: str) -> int:
    return sum(int(row[key]) for row in rows)


def _spread(seconds: Iterable[float]) -> dict[str, Any]:
    ordered = sorted(seconds)
    return {"count": len(ordered), "p50": quantile(ordered, 0.5), "max": ordered[-1]}
