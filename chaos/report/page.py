"""Write one HTML page per drill and an index over them, with JSON and JUnit XML beside it."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from importlib import resources
from pathlib import Path
from typing import Any

import jinja2

from chaos.ledger.operation import Operation
from chaos.report.junit import junit, unexpected
from chaos.report.phases import phases
from chaos.report.plot import plot
from chaos.result import Result

MOST_ERRORS = 15
LONG = 100
"""From so many seconds on, tenths only distract."""
NOTHING = "\N{EN DASH}"
CREWS = {
    "stock": "stock MLflow client",
    "shim": "mlflow-ha client",
    "shim-spool": "mlflow-ha client with its spool",
}
"""What kinds of client are called on a page; results name them by the keys."""


def write_page(
    result: Result, folder: Path, logged: Mapping[str, Sequence[str]] | None = None
) -> Path:
    """Write `folder`/index.html for one drill and return its path.

    Args:
        result: Of the drill.
        folder: Where to.
        logged: What servers logged, by request id.
    """
    zero = result.injected if result.injected is not None else result.clock.monotonic
    story, found = result.story, result.to_json()
    return _write(
        folder / "index.html",
        "drill.html.j2",
        drill=result.drill,
        result=found,
        crews=_crews(found),
        plot=plot(
            result.operations,
            story,
            phases(story, result.measured.outage, result.seen.ended),
            zero,
        ),
        meter=_meter(found),
        logged=logged or {},
        errors=[_error(o, zero) for o in _first_errors(result.operations)],
        settings=_flat(result.settings),
    )


def write_index(entries: Sequence[tuple[str, Mapping[str, Any]]], folder: Path) -> Path:
    """Write `folder`/index.html, and results.json and junit.xml beside it.

    Args:
        entries: For each drill the folder of its page, relative, and its result.
        folder: Where to.
    """
    results = [dict(result) for _, result in entries]
    (folder / "results.json").write_text(json.dumps(results, indent=2) + "\n", encoding="utf-8")
    (folder / "junit.xml").write_text(junit(entries), encoding="utf-8")
    rows = [
        {
            "link": f"{link}/index.html",
            "name": link,
            **result,
            "meter": _meter(result),
            "unexpected": unexpected(result),
        }
        for link, result in entries
    ]
    counts = {
        verdict: sum(result["verdict"] == verdict for _, result in entries)
        for verdict in ("passed", "failed", "skipped")
    }
    return _write(folder / "index.html", "index.html.j2", rows=rows, counts=counts)


def _write(path: Path, template: str, **values: Any) -> Path:
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(str(resources.files("chaos.report") / "templates")),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["seconds"] = _seconds
    path.write_text(environment.get_template(template).render(**values), encoding="utf-8")
    return path


def _seconds(value: float | None) -> str:
    if value is None:
        return NOTHING
    if value < 1:
        return f"{value * 1000:.0f} ms"
    return f"{value:.{1 if value < LONG else 0}f} s"


def _meter(result: Mapping[str, Any]) -> dict[str, float] | None:
    """Widths in percent for outage and objective on one scale."""
    outage, objective = result["outage_seconds"], result["objective_seconds"]
    if outage is None:
        return None
    full = max(outage, objective) * 1.15
    return {"outage": 100 * outage / full, "objective": 100 * objective / full}


def _crews(result: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Who wrote, side by side; results of a single crew say nothing of it."""
    crews: Mapping[str, Mapping[str, Any]] = result.get("crews") or {}
    order = [*CREWS, *sorted(set(crews) - set(CREWS))]
    return [
        {**crews[key], "name": CREWS.get(key, key), "latency": _latency(crews[key])}
        for key in order
        if key in crews
    ]


def _latency(crew: Mapping[str, Any]) -> dict[str, float | None]:
    """Seconds of a registration; under one key or each under its own."""
    together: Mapping[str, float | None] = crew.get("registration_seconds") or {}
    return {name: together.get(name, crew.get(f"{name}_s")) for name in ("p50", "p99", "max")}


def _first_errors(operations: Sequence[Operation]) -> list[Operation]:
    errors = sorted((o for o in operations if not o.acknowledged), key=lambda o: o.completed)
    return errors[:MOST_ERRORS]


def _error(operation: Operation, zero: float) -> dict[str, Any]:
    return {
        "seconds": operation.completed - zero,
        "key": operation.key,
        "kind": operation.kind,
        "outcome": operation.outcome.value,
        "latency": operation.latency,
        "request_id": operation.request_id or NOTHING,
        "detail": operation.detail,
    }


def _flat(values: Mapping[str, Any], prefix: str = "") -> dict[str, Any]:
    found: dict[str, Any] = {}
    for key, value in values.items():
        if isinstance(value, Mapping):
            found.update(_flat(value, f"{prefix}{key}."))
        else:
            found[f"{prefix}{key}"] = value
    return found
