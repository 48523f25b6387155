"""The situations that procedures are for: each is brought about, and proven to be there."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from typing import Any

import httpx
import psycopg2
from mlflow import MlflowClient

from local.buckets import artifacts
from local.cluster import Cluster
from local.hosts import Host
from local.layout import PATRONI, POSTGRES
from local.waiting import wait_for

SEEN_WITHIN = 90.0
STUCK_FOR = 30.0
"""Longer than the lease: a failover that could come by itself has come by then."""
PATIENCE = 8.0


def login(cluster: Cluster) -> tuple[str, str]:
    return "admin", cluster.site.passwords.admin


def a_write_succeeds(cluster: Cluster) -> bool:
    """Whether a client's write is acknowledged now."""
    tag = {"experiment_id": "0", "key": "runbook", "value": str(time.time())}
    try:
        answer = httpx.post(
            f"{cluster.endpoint}/api/2.0/mlflow/experiments/set-experiment-tag",
            json=tag,
            auth=login(cluster),
            timeout=PATIENCE,
        )
    except httpx.HTTPError:
        return False
    return answer.is_success


def an_upload_succeeds(cluster: Cluster) -> bool:
    try:
        answer = httpx.put(
            f"{cluster.endpoint}/api/2.0/mlflow-artifacts/artifacts/.mlflow-ha/situation",
            content=b"stored",
            auth=login(cluster),
            timeout=PATIENCE,
        )
    except httpx.HTTPError:
        return False
    return answer.is_success


def failover_stuck(cluster: Cluster) -> None:
    """Somebody left the maintenance mode on, and the primary crashes."""
    primary = _primary(cluster)
    with primary.entered():
        httpx.patch(
            f"http://{primary.address}:{PATRONI}/config",
            json={"pause": True},
            auth=("patroni", cluster.site.passwords.patroni_api),
            timeout=PATIENCE,
        ).raise_for_status()
    wait_for("every node is paused", lambda: _paused(cluster), within=SEEN_WITHIN)
    os.kill(cluster.postmaster_pid(primary), signal.SIGKILL)
    wait_for("writes fail", lambda: not a_write_succeeds(cluster), within=SEEN_WITHIN)
    until = time.monotonic() + STUCK_FOR
    while time.monotonic() < until:
        assert not a_write_succeeds(cluster), "the failover came by itself"
        time.sleep(2)


def replica_lag(cluster: Cluster) -> None:
    """One standby no longer replays what it receives."""
    primary = _primary(cluster)
    standby = next(host for host in _databases(cluster) if host.name != primary.name)
    with _cursor(cluster, standby) as cursor:
        cursor.execute("SELECT pg_wal_replay_pause()")
    with _cursor(cluster, primary) as cursor:
        cursor.execute("DROP TABLE IF EXISTS burst")
        cursor.execute(
            "CREATE TABLE burst AS SELECT md5(i::text) || repeat('x', 1000) FROM generate_series(1, 9000) i"
        )
    wait_for(
        f"{standby.name} is behind",
        lambda: [gap for gap in cluster.missing() if standby.name in gap and "behind" in gap],
        within=SEEN_WITHIN,
        every=2,
    )


def strict_mode_waiting(cluster: Cluster) -> None:
    """Both standbys' hosts are dead, and nothing is acknowledged any more."""
    primary = _primary(cluster)
    for host in _databases(cluster):
        if host.name != primary.name:
            host.kill()
    wait_for("writes wait", lambda: not a_write_succeeds(cluster), within=SEEN_WITHIN, every=2)
    assert not a_write_succeeds(cluster), "a write was acknowledged on one node alone"


def no_way_in(cluster: Cluster) -> None:
    """Both front doors are dead, so every client finds nobody."""
    for name in cluster.site.layout.names("lb"):
        cluster.hosts[name].kill()
    wait_for("nobody answers", lambda: not a_write_succeeds(cluster), within=SEEN_WITHIN, every=2)


def two_object_zones_dead(cluster: Cluster) -> None:
    """Two of three copies cannot be written, so an upload fails."""
    for name in cluster.site.layout.names("s3")[:2]:
        cluster.hosts[name].kill()
    wait_for(
        f"uploads to {artifacts(cluster.site).name} fail",
        lambda: not an_upload_succeeds(cluster),
        within=SEEN_WITHIN,
        every=2,
    )
    assert a_write_succeeds(cluster), "registrations need no artifact store"


def drill_left_behind(cluster: Cluster) -> None:
    """A killed drill: the primary's host hangs and an instance's host is dead."""
    _primary(cluster).freeze()
    cluster.hosts[cluster.site.layout.names("app")[0]].kill()
    wait_for("something is missing", cluster.missing, within=SEEN_WITHIN, every=2)


def deleted_run() -> str:
    """Somebody deleted a run; return its id."""
    client = MlflowClient()
    run = str(client.create_run("0").info.run_id)
    client.delete_run(run)
    assert client.get_run(run).info.lifecycle_stage == "deleted"
    return run


def application_logs_in(cluster: Cluster, password: str) -> bool:
    """Whether PostgreSQL takes a password of the application's login."""
    try:
        with _cursor(cluster, _primary(cluster), "mlflow_app", password, "mlflow"):
            return True
    except psycopg2.OperationalError as error:
        if "password authentication failed" not in str(error):
            raise
        return False


@contextmanager
def _cursor(
    cluster: Cluster,
    host: Host,
    user: str = "postgres",
    password: str | None = None,
    database: str = "postgres",
) -> Iterator[Any]:
    with host.entered():
        connection = psycopg2.connect(
            host=host.address,
            port=POSTGRES,
            user=user,
            password=password or cluster.site.passwords.postgres_superuser,
            dbname=database,
            connect_timeout=10,
        )
    with closing(connection), connection.cursor() as cursor:
        connection.autocommit = True
        yield cursor


def _databases(cluster: Cluster) -> list[Host]:
    return [cluster.hosts[name] for name in cluster.site.layout.names("db")]


def _primary(cluster: Cluster) -> Host:
    return wait_for("there is a primary", cluster.primary, within=SEEN_WITHIN)


def _paused(cluster: Cluster) -> bool:
    """Each node learns of it by itself, and one that has not would still act."""
    for host in _databases(cluster):
        with host.entered():
            told = httpx.get(f"http://{host.address}:{PATRONI}/patroni", timeout=PATIENCE).json()
        if not told.get("pause"):
            return False
    return True
