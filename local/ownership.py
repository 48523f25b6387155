"""Whose network it is: two folders must never drive the same namespaces and control groups."""

from __future__ import annotations

from pathlib import Path

from local.errors import LocalError
from local.passwords import write_private
from local.site import Site


def _claim(site: Site) -> Path:
    return site.run / "owner"


def refuse_anothers(site: Site) -> None:
    """Make sure the network is free, or this cluster's own.

    Raises:
        LocalError: A cluster in another folder holds it.
    """
    try:
        owner = _claim(site).read_text(encoding="utf-8").strip()
    except FileNotFoundError:
        return
    if owner != str(site.state) and Path(owner).exists():
        raise LocalError(
            f"network {site.layout.network} belongs to the cluster in {owner}. Choose another "
            "with `python -m local --network 198.18.N.0/24 up`, or take that cluster down"
        )


def claim(site: Site) -> None:
    """Take the network; given back when the run folder is removed."""
    site.run.mkdir(parents=True, exist_ok=True, mode=0o700)
    write_private(_claim(site), f"{site.state}\n")
