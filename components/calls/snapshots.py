"""A manual snapshot of a database cluster or instance, awaited."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Literal

from components.calls.clients import rds
from components.calls.waiting import until

if TYPE_CHECKING:
    from mypy_boto3_rds import RDSClient
    from mypy_boto3_rds.type_defs import TagTypeDef

Kind = Literal["cluster", "instance"]

ASK_EVERY = 10.0
LONGEST = 6 * 3600.0
"""Seconds. Snapshots are incremental, but the first one copies the whole volume."""


class SnapshotFailedError(RuntimeError):
    """RDS gave up on a snapshot."""


def take_snapshot(
    *, kind: Kind, identifier: str, name: str, region: str, tags: Mapping[str, str]
) -> None:
    """Take a snapshot and wait until it can be restored from.

    One that already has the name is waited for instead: an earlier `up` began it and was ended.

    Args:
        kind: What `identifier` names.
        identifier: The cluster or instance.
        name: The snapshot's name, which stays after the database is gone.
        region: Where the database is.
        tags: The snapshot's tags.

    Raises:
        SnapshotFailedError: RDS reports it as failed.
        TimeoutError: It takes longer than six hours.
    """
    client = rds(region)
    _begin(client, kind, identifier, name, [{"Key": k, "Value": v} for k, v in tags.items()])
    until(
        lambda: _is_available(client, kind, name),
        every=ASK_EVERY,
        longest=LONGEST,
        what=f"snapshot {name}",
    )


def _begin(
    client: RDSClient, kind: Kind, identifier: str, name: str, tags: Sequence[TagTypeDef]
) -> None:
    try:
        if kind == "cluster":
            client.create_db_cluster_snapshot(
                DBClusterIdentifier=identifier, DBClusterSnapshotIdentifier=name, Tags=tags
            )
        else:
            client.create_db_snapshot(
                DBInstanceIdentifier=identifier, DBSnapshotIdentifier=name, Tags=tags
            )
    except (
        client.exceptions.DBClusterSnapshotAlreadyExistsFault,
        client.exceptions.DBSnapshotAlreadyExistsFault,
    ):
        return


def _is_available(client: RDSClient, kind: Kind, name: str) -> bool:
    if kind == "cluster":
        clusters = client.describe_db_cluster_snapshots(DBClusterSnapshotIdentifier=name)
        status = clusters["DBClusterSnapshots"][0]["Status"]
    else:
        instances = client.describe_db_snapshots(DBSnapshotIdentifier=name)
        status = instances["DBSnapshots"][0]["Status"]
    if status == "failed":
        raise SnapshotFailedError(
            f"snapshot {name} failed. Delete it in RDS, then run `pulumi up` again"
        )
    return status == "available"
