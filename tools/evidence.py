"""Write measured results so that a reader can repeat them: docs/evidence/*.json."""

from __future__ import annotations

import json
import os
import platform
import re
import subprocess
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parent.parent
SHORTEST_HOST_NAME = 4
"""A shorter name than this is likely to be an ordinary word of the result."""


def write_evidence(
    path: Path, command: str, result: Mapping[str, Any], versions: Mapping[str, str]
) -> None:
    """Write one evidence file, whole or not at all.

    Args:
        path: The file, under docs/evidence/.
        command: What to type, from the repository's root, to measure it again.
        result: What was measured; every raw outcome, not only the summary.
        versions: Of everything that took part.
    """
    document = {
        "command": command,
        "commit": commit(),
        "date": datetime.now(UTC).isoformat(timespec="seconds"),
        "machine": machine(),
        "versions": dict(sorted(versions.items())),
        "result": result,
    }
    write_atomically(path, anonymous(json.dumps(document, indent=2, allow_nan=False)) + "\n")


def commit() -> str:
    """The commit that is checked out, marked if the working tree differs from it."""
    git = ["git", "-C", str(ROOT)]
    head = subprocess.run([*git, "rev-parse", "HEAD"], capture_output=True, text=True, check=False)
    if head.returncode != 0:
        return "uncommitted"
    # The evidence itself changes while it is measured, so it does not count.
    changed = subprocess.run(
        [*git, "status", "--porcelain", "--", ".", ":!docs/evidence"],
        capture_output=True,
        text=True,
        check=False,
    )
    return head.stdout.strip() + ("-dirty" if changed.stdout.strip() else "")


def machine() -> dict[str, str | int]:
    """What a reader needs to compare: size and system, nothing that names the machine."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    return {
        "cpus": len(os.sched_getaffinity(0)),
        "memory_gib": round(memory / 2**30),
        "system": f"{platform.system()} {platform.release()}",
        "architecture": platform.machine(),
    }


def anonymous(text: str) -> str:
    """`text` without this machine's paths and host name."""
    for path in (ROOT, Path.home()):
        if path != Path(path.root):
            text = text.replace(f"{path}/", "")
    name = platform.node()
    if len(name) >= SHORTEST_HOST_NAME and name != "localhost":
        text = re.sub(rf"\b{re.escape(name)}\b", "<this machine>", text)
    return text


def write_atomically(path: Path, text: str) -> None:
    """Replace `path` in one step: a reader sees the old text or the new one."""
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        with draft.open("w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        draft.replace(path)
    finally:
        draft.unlink(missing_ok=True)
