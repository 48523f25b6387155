"""A host with a clock of its own, which can be stepped while it runs (libfaketime).

Only the wall clock: libfaketime leaves the monotonic one alone, as a real step does.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from local.errors import NotSupported
from local.passwords import write_private
from local.site import Site

LIBRARIES = Path("/usr/lib")
LIBRARY = "*/faketime/libfaketime.so.1"


def environment(site: Site, host: str) -> Mapping[str, str]:
    """What a host's services must be started with, so that `step` reaches them.

    Raises:
        NotSupported: libfaketime is not installed.
    """
    found = next(LIBRARIES.glob(LIBRARY), None)
    if found is None:
        raise NotSupported(
            f"no {LIBRARIES}/{LIBRARY}: clocks cannot be stepped. Install the package faketime"
        )
    step(site, host, 0)
    return {
        "LD_PRELOAD": str(found),
        "FAKETIME_TIMESTAMP_FILE": str(_file(site, host)),
        "FAKETIME_CACHE_DURATION": "1",
        "FAKETIME_DONT_FAKE_MONOTONIC": "1",
    }


def step(site: Site, host: str, seconds: int) -> None:
    """Put the wall clock of a host's services ahead of the machine's, within a second."""
    write_private(_file(site, host), f"{seconds:+d}\n")


def _file(site: Site, host: str) -> Path:
    return site.etc(host) / "clock"
