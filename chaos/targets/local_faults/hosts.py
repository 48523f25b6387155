"""Several hosts at once, for every kind of fault."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor

from chaos.target import NotPossible
from local.hosts import Host, NotSupported


def each(hosts: Sequence[Host], act: Callable[[Host], None]) -> None:
    """Do it to all hosts at the same moment.

    Raises:
        NotPossible: This way of emulating hosts cannot do it.
    """
    try:
        with ThreadPoolExecutor(max_workers=len(hosts)) as pool:
            list(pool.map(act, hosts))
    except NotSupported as error:
        raise NotPossible(str(error)) from error


def listed(hosts: Sequence[Host]) -> str:
    return ", ".join(host.name for host in hosts)
