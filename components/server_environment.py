"""What a serving task is told in plain text: the server's configuration, out of the settings."""

from collections.abc import Mapping

from pulumi import Input, Output

from components.container import server_variable
from setting_groups.aws.front_door import FrontDoor
from setting_groups.aws.service import Service
from setting_groups.tracking import Tracking

PORT = 5000
"""Where the server listens; the image's default too."""

ARTIFACT_PREFIX = "artifacts"
"""Under this prefix of the bucket artifacts are, and only there may a task reach."""


def server_environment(
    *,
    tracking: Tracking,
    service: Service,
    front_door: FrontDoor,
    database_uri: Input[str],
    bucket: Input[str],
    region: str,
) -> Mapping[str, Input[str]]:
    """The variables of a serving task, by their full names.

    Args:
        tracking: How much one instance may do at once.
        service: How long it waits at its start and at its end.
        front_door: The name that it answers to, and how long connections stay.
        database_uri: Without user and password, which are secrets.
        bucket: The artifact bucket's name.
        region: Where the task and the bucket are.
    """
    fields: dict[str, Input[str]] = {
        "host": "0.0.0.0",  # noqa: S104  the task's security group admits the load balancer alone
        "port": str(PORT),
        "database_uri": database_uri,
        "artifacts_destination": Output.concat("s3://", bucket, "/", ARTIFACT_PREFIX),
        "allowed_hosts": front_door.domain,
        "api_concurrency": str(tracking.api_concurrency),
        "artifact_concurrency": str(tracking.artifact_concurrency),
        "queue_seconds": f"{tracking.queue_seconds:g}",
        "pool_size": str(tracking.pool_size),
        "auth_cache_seconds": str(tracking.auth_cache_seconds),
        "schema_wait_seconds": str(service.schema_wait_seconds),
        "drain_seconds": str(service.drain_seconds),
        "keep_alive_seconds": str(front_door.keep_alive),
    }
    return {
        "AWS_DEFAULT_REGION": region,
        **{server_variable(field): value for field, value in fields.items()},
    }
