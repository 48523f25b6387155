"""The Python that a crew runs: with nothing of ours, or with the client's wheel installed."""

from __future__ import annotations

import fcntl
import hashlib
import shutil
import sys
import sysconfig
from pathlib import Path

from tools.client_environment import CLIENT, install, virtual_environment, wheel
from tools.evidence import ROOT

ENVIRONMENTS = ROOT / "build" / "crews"
_FINISHED = "finished"


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
            _make(folder)
            (folder / _FINISHED).touch()
    return python


def _make(folder: Path) -> None:
    python = virtual_environment(folder / "venv", sysconfig.get_path("purelib"))
    install(python, "--offline", "--no-deps", wheel(CLIENT, folder / "wheel"))


def _fingerprint(client: Path) -> str:
    """Tells one content of the client's source from another, and one stock environment too."""
    digest = hashlib.sha256(sys.executable.encode())
    for path in [client / "pyproject.toml", *sorted((client / "src").rglob("*.py"))]:
        digest.update(str(path.relative_to(client)).encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()[:16]
