"""Whose network it is: two folders must never drive the same namespaces and control groups."""

from __future__ import annotations

from pathlib import Path

from local.errors import LocalError
from local.passwords import write_private
from local.site import Site

_CLAIM = "owner"


def holder(run: Path) -> str | None:
    """Return the folder of the cluster that holds the network whose run folder this is.

    Args:
        run: As `state.run_folder` names it.
    """
    try:
        owner = (run / _CLAIM).read_text(encoding="utf-8").strip()
    except FileNotFoundError:
        return None
    # Of a folder that was deleted nothing can be driven any more.
    return owner if Path(owner).exists() else None


def refuse_anothers(site: Site) -> None:
    """Make sure the network is free, or this cluster's own.

    Raises:
        LocalError: A cluster in another folder holds it.
    """
    owner = holder(site.run)
    if owner not in (None, str(site.state)):
        raise LocalError(
            f"network {site.layout.network} belongs to the cluster in {owner}. Choose another "
            "with `python -m local --network 198.18.N.0/24 up`, or take that cluster down"
        )


def claim(site: Site) -> None:
    """Take the network; given back when the run folder is removed."""
    site.run.mkdir(parents=True, exist_ok=True, mode=0o700)
    write_private(site.run / _CLAIM, f"{site.state}\n")
