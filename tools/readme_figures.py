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
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import settings
from tools.evidence import ROOT, write_atomically
from tools.figures import client, cluster
from tools.figures.tables import NOT_YET, Document

EVIDENCE = ROOT / "docs" / "evidence"
SHORT_COMMIT = 12

_MARKED = re.compile(
    r"<!-- (?P<source>measured|settings):(?P<name>[a-z0-9_.:-]+) -->.*?<!-- /(?P=source) -->",
    re.DOTALL,
)

_BLOCKS = {**cluster.BLOCKS, **client.BLOCKS}


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
        return NOT_YET if document is None else _checked("drills", cluster.worst, document, detail)
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
