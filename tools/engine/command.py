"""Run the Pulumi command line, and see to it that it ends."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import TextIO

ROOT = Path(__file__).parents[2]
INSTALLER = ROOT / "tools" / "install-pulumi"
# What would let the engine, or code that it runs, reach an account or a backend of the user.
FOREIGN = ("AWS_", "PULUMI_")
CANCEL_SECONDS = 60  # for the engine to write its state after Ctrl-C


class PulumiMissingError(RuntimeError):
    """There is no usable Pulumi, and none could be built; the reason was printed."""


def installed() -> Path:
    """The folder of a usable Pulumi command line; builds one the first time (minutes).

    Raises:
        PulumiMissingError: It could not be built.
    """
    done = subprocess.run([INSTALLER], stdout=subprocess.PIPE, text=True, check=False)
    if done.returncode != 0:
        raise PulumiMissingError("Pulumi is not installed; see above. Run `make pulumi` again")
    return Path(done.stdout.strip())


def isolated(*additions: Mapping[str, str]) -> dict[str, str]:
    """This process's environment without any AWS or Pulumi of the user's, and with the additions."""
    kept = {key: value for key, value in os.environ.items() if not key.startswith(FOREIGN)}
    for addition in additions:
        kept |= addition
    return kept


def with_path(folder: Path, environment: Mapping[str, str]) -> dict[str, str]:
    """Put the command line and this interpreter's own environment first on PATH.

    The language host that is built here starts the `python3` it finds there.
    """
    first = (str(Path(sys.executable).parent), str(folder))
    path = os.pathsep.join((*first, environment.get("PATH", os.defpath)))
    return {**environment, "PATH": path, "VIRTUAL_ENV": sys.prefix}


def run(
    arguments: Sequence[str | Path],
    *,
    environment: Mapping[str, str],
    progress: TextIO | None = None,
) -> tuple[int, str]:
    """Run a command to its end and return its exit code and what it printed.

    Args:
        arguments: The command.
        environment: All of its environment.
        progress: Where each line is also shown as it comes; what goes to stderr then goes to this
            process's own, so that JSON stays JSON. Without it, both are returned together.
    """
    with subprocess.Popen(
        [str(argument) for argument in arguments],
        env=dict(environment),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=None if progress else subprocess.STDOUT,
        text=True,
        cwd=ROOT,
    ) as process:
        assert process.stdout is not None  # noqa: S101 - a pipe was asked for
        try:
            output = _shown(process.stdout, progress)
            return process.wait(), output
        except KeyboardInterrupt:
            # Ctrl-C reached the engine as well: it cancels what runs and saves its state.
            try:
                rest, _ = process.communicate(timeout=CANCEL_SECONDS)
                _shown([rest], progress)
            except subprocess.TimeoutExpired:
                process.terminate()
            raise


def _shown(lines: Iterable[str], progress: TextIO | None) -> str:
    taken: list[str] = []
    for line in lines:
        taken.append(line)
        if progress:
            progress.write(line)
            progress.flush()
    return "".join(taken)
