"""What all of them are written with: tables, seconds, aims."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

Document = Mapping[str, Any]
ABSENT = "-"
NOT_YET = "not measured yet"


def table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [header, ["---"] * len(header), *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def seconds(value: float | None) -> str:
    return ABSENT if value is None else f"{value:.1f} s".replace(".0 s", " s")


def each(values: Sequence[float]) -> str:
    return f"at most {max(values):g} s (" + ", ".join(f"{value:g}" for value in values) + ")"


def aims(aims: Mapping[str, Document]) -> str:
    return "".join(
        f"\n- Aim “{name}”: {'met' if aim['met'] else '**not met**'} ({_terms(aim)})"
        for name, aim in aims.items()
    )


def _terms(aim: Document) -> str:
    return ", ".join(
        f"{key.replace('_', ' ')} {value}" for key, value in aim.items() if key != "met"
    )
