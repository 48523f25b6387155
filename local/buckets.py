"""The object store's buckets, each in an account of its own: a key opens its own account alone."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import boto3
import botocore.config
import botocore.exceptions

from local.site import Site
from local.waiting import wait_for

REGION = "us-east-1"


@dataclass(frozen=True, kw_only=True)
class Bucket:
    """A bucket, and the one user of its account.

    Attributes:
        name: As S3 knows it.
        account: Swift's account; it holds nothing else.
        user: Who may do everything in that account.
        key: That user's password.
    """

    name: str
    account: str
    user: str
    key: str = field(repr=False)

    @property
    def access_key(self) -> str:
        """What S3 calls the user: no secret."""
        return f"{self.account}:{self.user}"


def artifacts(site: Site) -> Bucket:
    return Bucket(
        name="mlflow", account="mlflow", user="artifacts", key=site.passwords.object_store
    )


def wal(site: Site) -> Bucket:
    return Bucket(name="wal", account="wal", user="archiver", key=site.passwords.wal_archive)


def connect(site: Site, bucket: Bucket) -> Any:
    """Return boto3's S3 client for whoever may use `bucket`; it asks once and gives up soon."""
    return boto3.client(
        "s3",
        endpoint_url=site.layout.object_endpoint,
        aws_access_key_id=bucket.access_key,
        aws_secret_access_key=bucket.key,
        region_name=REGION,
        config=botocore.config.Config(
            connect_timeout=2, read_timeout=5, retries={"total_max_attempts": 1}
        ),
    )


def create(site: Site, bucket: Bucket, *, within: float) -> None:
    """Make the bucket if it is not there, with versioning on: what is overwritten stays.

    Args:
        site: The cluster.
        bucket: Which one.
        within: Seconds until giving up.

    Raises:
        ClusterError: The object store did not take it in time.
    """
    store = connect(site, bucket)

    def created() -> bool:
        try:
            store.create_bucket(Bucket=bucket.name)
            store.put_bucket_versioning(
                Bucket=bucket.name, VersioningConfiguration={"Status": "Enabled"}
            )
        except store.exceptions.BucketAlreadyOwnedByYou:
            return True
        except (botocore.exceptions.BotoCoreError, botocore.exceptions.ClientError) as error:
            raise ConnectionError(str(error)) from error
        return True

    wait_for(f"the object store takes the bucket {bucket.name!r}", created, within=within)
