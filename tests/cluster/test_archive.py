"""WAL that the primary has finished is in the object store, restorable, across a change of primary."""

import os
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from botocore.exceptions import ClientError

from local import buckets
from local.archive import WalArchive, close_segment
from local.buckets import Bucket
from local.cluster import Cluster
from local.hosts import Host
from local.services.wal_archive import SERVER, key_file
from local.switchover import switch_over
from local.waiting import wait_for

pytestmark = pytest.mark.cluster
ARRIVES_WITHIN = 90
"""Seconds: after a failed attempt PostgreSQL tries again a minute later."""


def primary(cluster: Cluster) -> Host:
    found = cluster.primary()
    assert found is not None
    return found


def arrives(cluster: Cluster, name: str) -> None:
    archive = WalArchive(cluster.site)
    wait_for(f"{name} arrives", lambda: name in archive.names(), within=ARRIVES_WITHIN, every=1)


def restored(cluster: Cluster, host: Host, name: str, folder: Path) -> bytes:
    """What barman's own program gets back, as a restore would call it."""
    site, path = cluster.site, folder / name
    program = Path(site.python).with_name("barman-cloud-wal-restore")
    key = str(key_file(site, host.name))
    subprocess.run(
        [
            str(program),
            f"--endpoint-url={site.layout.object_endpoint}",
            f"s3://{buckets.wal(site).name}",
            SERVER,
            name,
            str(path),
        ],
        env={**os.environ, "AWS_CONFIG_FILE": key, "AWS_SHARED_CREDENTIALS_FILE": key},
        check=True,
        timeout=60,
    )
    return path.read_bytes()


def test_a_segment_that_was_closed_comes_back_byte_for_byte(
    cluster: Cluster, tmp_path: Path
) -> None:
    host = primary(cluster)
    name = close_segment(cluster.site, host)
    arrives(cluster, name)
    original = cluster.site.data(host.name) / "postgres" / "pg_wal" / name
    assert restored(cluster, host, name, tmp_path) == original.read_bytes()


def test_a_promoted_node_archives_its_timelines_history_and_goes_on_without_a_gap(
    cluster: Cluster,
) -> None:
    first = close_segment(cluster.site, primary(cluster))
    arrives(cluster, first)
    switch_over(cluster, print)
    timeline = cluster.timeline()
    assert timeline is not None
    last = close_segment(cluster.site, primary(cluster))
    assert last.startswith(f"{timeline:08X}")
    arrives(cluster, f"{timeline:08X}.history")
    arrives(cluster, last)
    archive = WalArchive(cluster.site)
    assert archive.gaps(first, last) == []
    assert archive.overwritten() == []


@pytest.mark.parametrize(
    ("holder", "other"),
    [(buckets.artifacts, buckets.wal), (buckets.wal, buckets.artifacts)],
    ids=["artifacts", "wal"],
)
def test_no_key_opens_the_others_bucket(
    cluster: Cluster,
    holder: Callable[..., Bucket],
    other: Callable[..., Bucket],
) -> None:
    own, foreign = holder(cluster.site), other(cluster.site)
    store = buckets.connect(cluster.site, own)
    assert store.list_objects_v2(Bucket=own.name)["Name"] == own.name
    with pytest.raises(ClientError, match="NoSuchBucket"):
        store.list_objects_v2(Bucket=foreign.name)
