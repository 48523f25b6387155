"""What a newcomer lives through: a fresh Debian root, a clone of this repository, `make up`.

The root comes from debootstrap; only make and git are installed before the clock starts. It shares
this machine's kernel, cores and network, so it stands for a fresh system, not for other hardware.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from bench.side import BenchError

ROOT = Path(__file__).parent.parent
ENTER = ROOT / "bench" / "new_machine.sh"
LIMIT_SECONDS = 180.0
LONGEST = 900
# A network that brings a certificate authority of its own names it in these.
CERTIFICATE_VARIABLES = ("SSL_CERT_FILE", "PIP_CERT", "REQUESTS_CA_BUNDLE")
CERTIFICATE = "given-certificates.crt"

Progress = Callable[[str], None]


def measure(suite: str, network: str, progress: Progress) -> dict[str, Any]:
    """Make the machine, time `make up` on it, take the cluster down and throw the machine away.

    Args:
        suite: Debian's name for the release, "bookworm" or "trixie".
        network: A /24 for the newcomer's cluster, free on this machine.
        progress: Told each step.
    """
    if os.geteuid() != 0 or shutil.which("debootstrap") is None:
        raise BenchError("this needs root and debootstrap: apt-get install debootstrap")
    with tempfile.TemporaryDirectory(prefix="mlflow-ha-newcomer-") as folder:
        machine = Path(folder) / suite
        _run(["debootstrap", "--variant=minbase", suite, str(machine)], progress, "debootstrap")
        _furnish(machine)
        packages = "apt-get -q update && apt-get -q -y install --no-install-recommends make git"
        _enter(machine, packages, progress, "make and git")
        installed = _enter(machine, "make install", progress, "make install")
        # One stay on the machine: its namespaces are mounted where only this stay sees them.
        local = f".venv/bin/python -m local --network {network}"
        stay = f"{local} up && {local} status; code=$?; date +%s.%N >/root/ended; {local} clean"
        begun = time.time()
        _enter(machine, f"{stay}; exit $code", progress, "up, healthy and down again")
        started = float((machine / "root" / "ended").read_text()) - begun
        release = (machine / "etc" / "debian_version").read_text().strip()
    total = installed + started
    return {
        "debian": release,
        "install_s": round(installed, 1),
        "up_s": round(started, 1),
        "total_s": round(total, 1),
        "aim": {"at_most": LIMIT_SECONDS, "met": total <= LIMIT_SECONDS},
    }


def _furnish(machine: Path) -> None:
    """What any machine has: a resolver, and the repository as git gives it."""
    shutil.copy("/etc/resolv.conf", machine / "etc" / "resolv.conf")
    if given := os.environ.get(CERTIFICATE_VARIABLES[0]):
        shutil.copy(given, machine / CERTIFICATE)
    clone = ["git", "clone", "--quiet", str(ROOT), str(machine / "root" / "mlflow-ha")]
    subprocess.run(clone, check=True, timeout=60)


def _enter(machine: Path, command: str, progress: Progress, label: str) -> float:
    given = CERTIFICATE if (machine / CERTIFICATE).exists() else ""
    variables = " ".join(f"{name}=/{given}" for name in CERTIFICATE_VARIABLES if given)
    inside = ["unshare", "--mount", "--propagation", "private", str(ENTER), str(machine), command]
    return _run(inside, progress, label, {"CERTIFICATES": variables})


def _run(
    command: list[str], progress: Progress, label: str, variables: dict[str, str] | None = None
) -> float:
    begun = time.monotonic()
    done = subprocess.run(
        command,
        env={**os.environ, **(variables or {})},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=LONGEST,
        check=False,
    )
    elapsed = time.monotonic() - begun
    if done.returncode:
        tail = "\n".join((done.stdout + done.stderr).splitlines()[-15:])
        raise BenchError(f"{label} failed on the new machine ({done.returncode}):\n{tail}")
    progress(f"{label}: {elapsed:.1f} s")
    return elapsed
