"""The Python that a crew runs: with nothing of ours, or with the client's wheel installed."""

from __future__ import annotations

import fcntl
import hashlib
import shutil
import subprocess
import sys
import sysconfig
from pathlib import Path

ROOT = Path(__file__).parents[2]
CLIENT = ROOT / "client"
ENVIRONMENTS = ROOT / "build" / "crews"
LONGEST_STEP = 300.0
"""Seconds for building or installing; each takes about one."""
_FINISHED = "finished"


class NoEnvironment(Exception):  # noqa: N818  a finding, not a defect of the program
    """The client's wheel could not be built or installed; the text says why."""


def stock() -> Path:
    """This very environment, in which mlflow-ha is never installed."""
    return Path(sys.executable)


def with_the_shim() -> Path:
    """An environment with the wheel of client/ as it is now, made if there is none.

    It borrows all other packages from this environment, so it costs no more than a second.

    Raises:
        NoEnvironment: A step of making it failed.
    """
    ENVIRONMENTS.mkdir(parents=True, exist_ok=True)
    folder = ENVIRONMENTS / _fingerprint(CLIENT)
    python = folder / "venv" / "bin" / "python"
    with (ENVIRONMENTS / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (folder / _FINISHED).exists():
            shutil.rmtree(folder, ignore_errors=True)
            _make(folder, python)
            (folder / _FINISHED).touch()
    return python


def _make(folder: Path, python: Path) -> None:
    uv = Path(sys.executable).with_name("uv")
    venv = folder / "venv"
    _step([uv, "venv", "-q", "--python", sys.executable, venv])
    [packages] = venv.glob("lib/python*/site-packages")
    (packages / "borrowed.pth").write_text(f"{sysconfig.get_path('purelib')}\n")
    _step([sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", folder / "wheel"])
    [wheel] = (folder / "wheel").glob("*.whl")
    _step([uv, "pip", "install", "-q", "--offline", "--no-deps", "--python", python, wheel])


def _step(command: list[str | Path]) -> None:
    done = subprocess.run(
        command, cwd=CLIENT, capture_output=True, text=True, check=False, timeout=LONGEST_STEP
    )
    if done.returncode:
        told = " ".join(str(part) for part in command)
        raise NoEnvironment(
            f"{told}: {done.stderr.strip()}. Mend client/, then run the drill again"
        )


def _fingerprint(client: Path) -> str:
    """Tells one content of the client's source from another, and one stock environment too."""
    digest = hashlib.sha256(sys.executable.encode())
    for path in [client / "pyproject.toml", *sorted((client / "src").rglob("*.py"))]:
        digest.update(str(path.relative_to(client)).encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()[:16]
