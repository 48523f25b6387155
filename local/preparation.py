"""From servers that run to a cluster that can be used: roles, schema, buckets, first write."""

from __future__ import annotations

import subprocess
from collections.abc import Mapping, Sequence
from concurrent.futures import Future
from pathlib import Path

import httpx

from local import buckets, supervision
from local.errors import ClusterError
from local.hosts import Host
from local.layout import PATRONI
from local.services import mlflow, patroni
from local.site import Site
from local.waiting import wait_for

LOG_LINES_SHOWN = 15


def agree_on_postgres(site: Site, primary: Host) -> None:
    """Send the shared PostgreSQL and Patroni settings; after the first start they live in etcd."""
    with primary.entered():
        answer = httpx.patch(
            f"http://{primary.address}:{PATRONI}/config",
            json=patroni.shared_configuration(site),
            auth=("patroni", site.passwords.patroni_api),
            timeout=10,
        )
    answer.raise_for_status()


def prepare_database(site: Site, host: Host, primary: Host) -> None:
    """Create roles and database, and bring the schema up to date, directly on the writer."""
    environment = mlflow.preparation(site, primary.name)
    for step in ("provision", "migrate"):
        _run(site, host, step, environment)


def _run(site: Site, host: Host, step: str, environment: Mapping[str, str]) -> None:
    log = site.log(host.name) / f"{step}.log"
    log.unlink(missing_ok=True)
    command = supervision.unprivileged(site, [site.python, *mlflow.COMMAND, step])
    process = host.run(command, environment, log)
    try:
        code = process.wait(timeout=site.settings.local.startup)
    except subprocess.TimeoutExpired:
        process.kill()
        raise ClusterError(
            f"`mlflow_ha_server {step}` did not end within {site.settings.local.startup:g} s. "
            f"Its log is {log}"
        ) from None
    if code != 0:
        raise ClusterError(f"`mlflow_ha_server {step}` failed ({code}):\n{_tail(log)}")


def _tail(log: Path) -> str:
    return "\n".join(log.read_text(errors="replace").splitlines()[-LOG_LINES_SHOWN:])


def prepare_buckets(site: Site, *, within: float) -> None:
    """Create the buckets for artifacts and for WAL."""
    for bucket in (buckets.artifacts(site), buckets.wal(site)):
        buckets.create(site, bucket, within=within)


def write_through_the_front_door(
    site: Site, *, within: float, after: Sequence[Future[None]]
) -> None:
    """Do what a client does: one write to the database, one artifact.

    Args:
        site: The cluster.
        within: Seconds until giving up.
        after: Preparations under way; when one has failed, waiting has no point.
    """
    client = httpx.Client(
        base_url=site.layout.endpoint, auth=("admin", site.passwords.admin), timeout=10
    )

    def written() -> bool:
        for step in after:
            if step.done():
                step.result()
        try:
            tag = {"experiment_id": "0", "key": "mlflow_ha.up", "value": "written by make up"}
            client.post(
                "/api/2.0/mlflow/experiments/set-experiment-tag", json=tag
            ).raise_for_status()
            client.put(
                "/api/2.0/mlflow-artifacts/artifacts/.mlflow-ha/up", content=b"written by make up"
            ).raise_for_status()
        except httpx.HTTPError as error:
            raise ConnectionError(str(error)) from error
        return True

    with client:
        wait_for("a write through the front door succeeds", written, within=within)
