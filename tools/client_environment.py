"""A Python environment of its own for the client's wheel, beside this one, which stays stock.

It borrows packages instead of installing them, so it costs about a second.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from tools.evidence import ROOT

CLIENT = ROOT / "client"
LONGEST_STEP = 600.0
"""Seconds for one step; each takes about one, unless packages have to be fetched."""
_UV = Path(sys.executable).with_name("uv")


class NoEnvironment(Exception):  # noqa: N818  a finding, not a defect of the program
    """The client's wheel could not be built or installed; the text says why."""


def wheel(source: Path, folder: Path) -> Path:
    """Build a wheel as its source is now.

    Args:
        source: A folder with a pyproject.toml, such as `CLIENT`.
        folder: Where it goes; holds no other wheel.

    Raises:
        NoEnvironment: It cannot be built.
    """
    _step([sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", folder], source)
    (built,) = folder.glob("*.whl")
    return built


def virtual_environment(folder: Path, *borrowed: str | Path) -> Path:
    """Make an environment without anything, not even pip; return its Python.

    Args:
        folder: Where.
        borrowed: Folders of packages that it may use, too.

    Raises:
        NoEnvironment: It cannot be made.
    """
    _step([_UV, "venv", "-q", "--python", sys.executable, folder])
    (packages,) = folder.glob("lib/python*/site-packages")
    lines = "".join(f"{path}\n" for path in borrowed)
    (packages / "borrowed.pth").write_text(lines, encoding="utf-8")
    return folder / "bin" / "python"


def install(python: Path, *what: str | Path) -> None:
    """Install into an environment.

    Args:
        python: Of the environment.
        what: As `uv pip install` takes it, options included.

    Raises:
        NoEnvironment: It cannot be installed.
    """
    _step([_UV, "pip", "install", "-q", "--python", python, *what])


def _step(command: list[str | Path], place: Path = ROOT) -> None:
    done = subprocess.run(
        command, cwd=place, capture_output=True, text=True, check=False, timeout=LONGEST_STEP
    )
    if done.returncode:
        told = " ".join(str(part) for part in command)
        raise NoEnvironment(f"{told}: {done.stderr.strip()}. Mend client/, then try again")
