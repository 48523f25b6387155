"""What a page of runbooks/procedures holds, and how its blocks are run: as somebody pastes them."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

ROOT = Path(__file__).parents[3]
FOLDER = ROOT / "runbooks" / "procedures"
INTRODUCTION = FOLDER / "README.md"
MARK = "<!-- executed -->\n"
_BLOCK = r"```bash\n(.*?)^```"


def section(page: str, heading: str) -> str:
    """The text below one heading of a page."""
    parts = re.split(r"^## (.*)$", (FOLDER / f"{page}.md").read_text(), flags=re.MULTILINE)
    return dict(zip(parts[1::2], parts[2::2], strict=True))[heading]


def executed(page: str, heading: str) -> list[str]:
    """The blocks of a section that a test has to run."""
    found = re.findall(f"^{MARK}{_BLOCK}", section(page, heading), re.MULTILINE | re.DOTALL)
    return [str(block) for block in found]


def preamble() -> str:
    """What a person pastes before the first command."""
    [block] = re.findall(f"^{_BLOCK}", INTRODUCTION.read_text(), re.MULTILINE | re.DOTALL)
    return str(block)


def run(block: str, environment: dict[str, str], *, within: float) -> tuple[int, str]:
    """Paste a block; return its exit code and all that it printed.

    Args:
        block: Of a page.
        environment: Of the shell.
        within: Seconds until it is given up.
    """
    done = subprocess.run(
        ["/bin/bash", "-c", f"{preamble()}\n{block}"],
        cwd=ROOT,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=within,
        check=False,
    )
    return done.returncode, done.stdout
