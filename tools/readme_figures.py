"""Put figures into README.md and docs/ where they are quoted: `python -m tools.readme_figures`.

Between `<!-- measured:NAME -->` and `<!-- /measured -->` stands what docs/evidence/ says, between
`<!-- settings:KEY -->` and `<!-- /settings -->` what settings.py says. Nobody types such a figure,
so none is out of date: with `--check` nothing is written, and the exit code is 1 if a page differs.
"""

from __future__ import annotations

import argparse
import json
import re
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import settings
from tools.evidence import ROOT, write_atomically

EVIDENCE = ROOT / "docs" / "evidence"
NOT_YET = "not measured yet"
ABSENT = "-"
SHORT_COMMIT = 12

_MARKED = re.compile(
    r"<!-- (?P<source>measured|settings):(?P<name>[a-z0-9_.:-]+) -->.*?<!-- /(?P=source) -->",
    re.DOTALL,
)

Document = Mapping[str, Any]


class FigureError(ValueError):
    """A marker or an evidence file that cannot be used; the text says what to do."""


def pages() -> list[Path]:
    """Every document that may quote a figure."""
    return [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]


def filled(text: str, evidence: Path = EVIDENCE) -> str:
    """Return a page's text with every marked figure as it is now.

    Args:
        text: The page as it stands.
        evidence: The folder that holds the measured results.

    Raises:
        FigureError: A marker names nothing, or an evidence file lacks what is quoted of it.
    """

    def replaced(found: re.Match[str]) -> str:
        source, name = found["source"], found["name"]
        value = _setting(name) if source == "settings" else _measured(name, evidence)
        return f"<!-- {source}:{name} -->{value}<!-- /{source} -->"

    return _MARKED.sub(replaced, text)


def _setting(key: str) -> str:
    value: Any = settings.load("local")
    for part in key.split("."):
        if not hasattr(value, part):
            raise FigureError(f"settings:{key}: settings.py has no {part!r}. Mend the marker")
        value = getattr(value, part)
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise FigureError(f"settings:{key} is {value!r}, not a number. Quote a number")
    return f"{value:g}"


def _measured(name: str, evidence: Path) -> str:
    block, _, detail = name.partition(":")
    if block == "worst":
        document = _read(evidence / "drills.json")
        return NOT_YET if document is None else _checked("drills", _worst, document, detail)
    if block not in _BLOCKS:
        raise FigureError(f"measured:{name}: choose from {', '.join(_BLOCKS)}, worst:DRILL")
    document = _read(evidence / f"{block}.json")
    if document is None:
        return f"\n\n{NOT_YET}\n\n"
    text = _checked(block, _BLOCKS[block], document)
    return f"\n\n{text}\n\n{_provenance(block, document)}\n\n"


def _read(path: Path) -> Document | None:
    try:
        found: Document = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return None
    return found


def _checked(name: str, render: Callable[..., str], document: Document, *arguments: str) -> str:
    try:
        return render(document["result"], *arguments)
    except (KeyError, TypeError, IndexError) as error:
        raise FigureError(
            f"docs/evidence/{name}.json does not hold what is quoted of it ({error!r}). Measure "
            "again (make evidence), or mend tools/readme_figures.py"
        ) from error


def _provenance(name: str, document: Document) -> str:
    machine = document["machine"]
    head, _, dirty = str(document["commit"]).partition("-")
    return (
        f"Measured {str(document['date'])[:10]} at commit `{head[:SHORT_COMMIT]}`"
        f"{' with uncommitted changes' if dirty else ''}, on {machine['cpus']} cores, "
        f"{machine['memory_gib']} GiB, {machine['system']} ({machine['architecture']}). "
        f"Every raw value: `docs/evidence/{name}.json`. Again: `{document['command']}`."
    )


def _worst(result: Document, drill: str) -> str:
    if drill not in result["drills"]:
        return NOT_YET
    found = result["drills"][drill]
    return _seconds(found["outage_max"]) + f" (longest of {found['repeats']})"


def _drills(result: Document) -> str:
    controls = {outcome["drill"] for outcome in result["outcomes"] if outcome["must_fail"]}
    rows = [
        (
            f"`{name}`",
            str(found["repeats"]),
            _seconds(found["objective_seconds"]),
            _seconds(found["outage_p50"]),
            _seconds(found["outage_max"]),
            _seconds(found["redundancy_restored_max"]),
            str(found["acknowledged"]),
            _verdicts(found["verdicts"]) + (", as it must" if name in controls else ""),
        )
        for name, found in result["drills"].items()
    ]
    header = ("drill", "runs", "objective", "outage, median", "outage, longest")
    table = _table((*header, "redundancy back", "writes acknowledged", "verdict"), rows)
    lost, duplicated = result["lost"], result["duplicated"]
    unknown = "unknown (not every drill could be read back)"
    total = (
        f"In all {result['acknowledged']} acknowledged writes; lost: "
        f"{unknown if lost is None else lost}; duplicated: "
        f"{unknown if duplicated is None else duplicated}."
    )
    absent = f" Not run yet: {', '.join(result['not_run'])}." if result["not_run"] else ""
    return f"{table}\n\n{total}{absent}"


def _verdicts(counts: Mapping[str, int]) -> str:
    if len(counts) == 1:
        return next(iter(counts))
    return ", ".join(f"{number} {verdict}" for verdict, number in counts.items())


def _throughput(result: Document) -> str:
    rows = []
    for cell in result["cells"]:
        ours, bare, ratio = cell["ours"], cell.get("bare"), cell.get("ratio")
        rows.append(
            (
                f"{cell['operation']}, {cell['threads']}",
                f"{ours['throughput_per_s']:g}",
                f"{bare['throughput_per_s']:g}" if bare else ABSENT,
                ABSENT if not ratio or ratio["median"] is None else f"{ratio['median']:.2f}",
                _latency(ours),
                _latency(bare) if bare else ABSENT,
                f"{ours['errors']} / {bare['errors'] if bare else ABSENT}",
            )
        )
    header = ("what, threads", "per s", "bare, per s", "ratio", "p50 / p99, ms")
    table = _table((*header, "bare, p50 / p99, ms", "errors, ours / bare"), rows)
    meanings = "; ".join(f"{k}: {v}" for k, v in result["plan"]["operations"].items())
    return f"{table}\n\n{meanings}.{_aims(result['aims'])}"


def _latency(side: Document) -> str:
    return " / ".join(
        ABSENT if (v := side[key]) is None else f"{v:.0f}" for key in ("p50_ms", "p99_ms")
    )


def _connections(result: Document) -> str:
    expected = result["rounds"] * result["calls_per_round"] * result["metrics_per_call"]
    rows = [
        (
            name,
            str(side["calls"]),
            str(side["failed"]),
            f"{side['rows']} of {expected}",
            ", ".join(f"{value:.1f}" for value in side["seconds"]),
        )
        for name, side in result["sides"].items()
    ]
    return _table(
        ("server", "calls", "failed", "metrics found afterwards", "seconds of each burst"), rows
    )


def _startup(result: Document) -> str:
    memory = result["memory_mib"]
    roles = ", ".join(f"{role} {value}" for role, value in memory["by_role"].items())
    rows = [
        ("`make up` to a write, empty state", _each(result["empty_s"])),
        ("`make up` to a write, existing data", _each(result["existing_s"])),
        ("memory of the whole cluster", f"{memory['total']} MiB ({roles})"),
    ]
    return _table(("what", "measured"), rows) + "\n" + _aims(result["aims"])


def _each(values: Sequence[float]) -> str:
    return f"at most {max(values):g} s (" + ", ".join(f"{value:g}" for value in values) + ")"


def _aims(aims: Mapping[str, Document]) -> str:
    return "".join(
        f"\n- Aim “{name}”: {'met' if aim['met'] else '**not met**'} ({_terms(aim)})"
        for name, aim in aims.items()
    )


def _terms(aim: Document) -> str:
    return ", ".join(
        f"{key.replace('_', ' ')} {value}" for key, value in aim.items() if key != "met"
    )


def _seconds(value: float | None) -> str:
    return ABSENT if value is None else f"{value:.1f} s".replace(".0 s", " s")


def _table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [header, ["---"] * len(header), *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


_BLOCKS: Mapping[str, Callable[[Document], str]] = {
    "drills": _drills,
    "throughput": _throughput,
    "connections": _connections,
    "startup": _startup,
}


def main(arguments: Sequence[str] | None = None) -> int:
    """Fill in the pages, or say which of them are out of date."""
    parser = argparse.ArgumentParser(
        prog="python -m tools.readme_figures", description=(__doc__ or "").splitlines()[0]
    )
    parser.add_argument("--check", action="store_true", help="write nothing; exit 1 on differences")
    check = parser.parse_args(arguments).check
    stale = False
    for page in pages():
        before = page.read_text(encoding="utf-8")
        try:
            after = filled(before)
        except FigureError as error:
            print(f"error: {page.relative_to(ROOT)}: {error}", file=sys.stderr)
            return 1
        if before == after:
            continue
        stale = True
        if check:
            print(f"{page.relative_to(ROOT)} is out of date: python -m tools.readme_figures")
        else:
            write_atomically(page, after)
            print(f"filled in {page.relative_to(ROOT)}")
    return 1 if check and stale else 0


if __name__ == "__main__":
    sys.exit(main())
