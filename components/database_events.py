"""What RDS tells people by itself: failovers, failures, full disks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Literal

import pulumi
from pulumi import Input, ResourceOptions
from pulumi_aws import rds

from components.tags import named

Source = Literal["db-cluster", "db-instance", "db-proxy"]

CATEGORIES: Mapping[Source, Sequence[str]] = {
    "db-cluster": ("failover", "failure", "maintenance", "notification"),
    "db-instance": (
        "availability",
        "failover",
        "failure",
        "low storage",
        "maintenance",
        "notification",
        "read replica",
        "recovery",
    ),
    "db-proxy": ("failure",),
}
"""What somebody has to know; backups and settings that went well are left out.
https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/USER_Events.Messages.html"""


def subscribe(
    name: str,
    source: Source,
    source_ids: Sequence[Input[str]],
    *,
    topic_arn: Input[str],
    tags: dict[str, str],
    parent: pulumi.Resource,
) -> None:
    """Send a source's events to a topic.

    Args:
        name: The component's logical name.
        source: What `source_ids` name.
        source_ids: Clusters, instances or proxies.
        topic_arn: Where the events go.
        tags: Of the subscription.
        parent: The component.
    """
    rds.EventSubscription(
        f"{name}-{source}",
        sns_topic=topic_arn,
        source_type=source,
        source_ids=list(source_ids),
        event_categories=list(CATEGORIES[source]),
        tags=named(tags, f"{name}-{source}"),
        opts=ResourceOptions(parent=parent),
    )
