"""Move the primary on purpose, without an error for any client.

The poolers hold new transactions back and let running ones end. Only then is PostgreSQL asked to
change over, so nobody's transaction is cut in two. Clients see one slow answer.
"""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable

import httpx
import psycopg2

from local.cluster import Cluster
from local.database import cursor
from local.errors import ClusterError
from local.hosts import Host
from local.layout import PATRONI
from local.observation import servers_up
from local.services.pgbouncer import APP_ROLE
from local.waiting import wait_for

LET_END = 10.0
"""Longest wait for running transactions; nothing was changed yet when it is over."""
CHANGE_WITHIN = 30.0
LOOK_EVERY = 0.05
_PAUSE, _RESUME = signal.SIGUSR1, signal.SIGUSR2
"""What PgBouncer takes for PAUSE and RESUME: no account on its console is needed."""


def switch_over(cluster: Cluster, tell: Callable[[str], None]) -> tuple[str, float]:
    """Make a standby the primary.

    Args:
        cluster: It has to be whole: a switchover is no repair.
        tell: Told each step as it is reached.

    Returns:
        The new primary, and for how many seconds transactions were held back.

    Raises:
        ClusterError: Something is missing, or a step did not end in time. The poolers go on in any
            case.
    """
    if gaps := cluster.missing():
        raise ClusterError(
            f"not whole: {'; '.join(gaps)}. A planned switchover waits until nothing is missing"
        )
    old = cluster.primary()
    if old is None:
        raise ClusterError("no PostgreSQL node is the primary. Wait for one, then try again")
    standbys = [name for name in cluster.site.layout.names("db") if name != old.name]
    new = cluster.hosts[standbys[0]]
    _write_out(cluster, old)
    held_since = time.monotonic()
    try:
        _signal_poolers(cluster, _PAUSE)
        wait_for(
            "running transactions end",
            lambda: not _transactions(cluster, old),
            within=LET_END,
            every=LOOK_EVERY,
        )
        tell("no transaction runs, new ones wait in the poolers")
        _ask(cluster, old, new)
        wait_for(
            f"every balancer leads to {new.name} and nowhere else",
            lambda: _all_lead_to(cluster, new.name),
            within=CHANGE_WITHIN,
            every=LOOK_EVERY,
        )
    finally:
        _signal_poolers(cluster, _RESUME)
    held = time.monotonic() - held_since
    tell(f"{new.name} is the primary; transactions waited {held:.1f} s")
    return new.name, held


def _write_out(cluster: Cluster, primary: Host) -> None:
    """A stopping PostgreSQL writes out everything dirty: do most of it while clients still work."""
    try:
        with cursor(cluster.site, primary, within=60) as database:
            database.execute("CHECKPOINT")
    except psycopg2.Error as error:
        raise ClusterError(f"{primary.name} refused a checkpoint: {error}") from error


def _signal_poolers(cluster: Cluster, what: signal.Signals) -> None:
    for name in cluster.site.layout.names("app"):
        os.kill(_pooler(cluster, cluster.hosts[name]), what)


def _pooler(cluster: Cluster, host: Host) -> int:
    pid = cluster.service_pid(host, "pgbouncer")
    if pid <= 1:
        raise ClusterError(f"{host.name} runs no pooler. Wait until it does, then try again")
    return pid


def _transactions(cluster: Cluster, primary: Host) -> int:
    """Connections of poolers: one that is paused closes them as their transactions end."""
    try:
        with cursor(cluster.site, primary, within=5) as database:
            database.execute(
                "SELECT count(*) FROM pg_stat_activity WHERE usename = %s", (APP_ROLE,)
            )
            [count] = database.fetchone()
    except psycopg2.Error as error:
        raise ConnectionError(str(error)) from error
    return int(count)


def _ask(cluster: Cluster, old: Host, new: Host) -> None:
    with old.entered():
        answer = httpx.post(
            f"http://{old.address}:{PATRONI}/switchover",
            json={"leader": old.name, "candidate": new.name},
            auth=("patroni", cluster.site.passwords.patroni_api),
            timeout=CHANGE_WITHIN,
        )
    if answer.status_code != httpx.codes.OK:
        raise ClusterError(f"Patroni refused the switchover to {new.name}: {answer.text.strip()}")


def _all_lead_to(cluster: Cluster, primary: str) -> bool:
    """A pooler that goes on before its balancer knows better is led to the old primary."""
    site = cluster.site
    return all(servers_up(site, app, "primary") == {primary} for app in site.layout.names("app"))
