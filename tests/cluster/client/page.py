"""The blocks of a Markdown page, by heading, and whether a program's output is what a page shows."""

import re
from dataclasses import dataclass
from pathlib import Path

_BLOCK = re.compile(r"^```(\w+)(?: (\S+))?\n(.*?)^```", re.MULTILINE | re.DOTALL)
_HEADING = re.compile(r"^#+ (.*)$", re.MULTILINE)


@dataclass(frozen=True)
class Block:
    """What stands between two fences.

    Attributes:
        kind: Such as python or console.
        file: What the page calls it, if it is to be kept.
    """

    heading: str
    kind: str
    file: str | None
    text: str

    @property
    def commands(self) -> list[str]:
        """The lines of a console that someone types."""
        return [line[2:] for line in self.text.splitlines() if line.startswith("$ ")]

    @property
    def shown(self) -> list[str]:
        """The lines that a program prints."""
        return [line for line in self.text.splitlines() if not line.startswith("$ ")]


def blocks(page: Path) -> list[Block]:
    """Return the blocks of a page, in order."""
    text = page.read_text(encoding="utf-8")
    # A comment in a block looks like a heading.
    outside = _BLOCK.sub(lambda block: " " * len(block[0]), text)
    headings = [(found.start(), found[1]) for found in _HEADING.finditer(outside)]
    return [
        Block(
            next(title for place, title in reversed(headings) if place < found.start()),
            found[1], found[2], found[3],
        )
        for found in _BLOCK.finditer(text)
    ]  # fmt: skip


def not_printed(shown: list[str], printed: str) -> list[str]:
    """Return the lines that a page shows and that were not printed, in the page's order.

    Args:
        shown: "…" stands for anything, and space for space of any width.
        printed: May have other lines between them.
    """
    rest, missing = printed, []
    for line in shown:
        parts = [re.escape(part) for part in re.split(r"…|\s+", line)]
        wild = iter(re.findall(r"…|\s+", line))
        pattern = parts[0] + "".join(
            (".*?" if next(wild) == "…" else r"\s+") + part for part in parts[1:]
        )
        found = re.search(pattern, rest, re.DOTALL if "…" in line else 0)
        if found is None:
            missing.append(line)
        else:
            rest = rest[found.end() :]
    return missing
