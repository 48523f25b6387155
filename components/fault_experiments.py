"""The faults that an environment is built to survive, as data."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

from pulumi import Input, Output

from components.iam import Statement, allow, allow_any
from setting_groups.aws.environment import Aws

Kind = Literal["cluster", "instance"]

ZONE_LOST_FOR = "PT10M"
"""Longer than the promise of five minutes, so that a recovery is seen while it lasts."""
REPLICATION_PAUSED_FOR = "PT30M"
"""Twice what S3's replication takes at most, so that its alarm rings."""
NETWORK_POLICY = "arn:aws:iam::aws:policy/service-role/AWSFaultInjectionSimulatorNetworkAccess"
"""AWS's own: the action clones and swaps network ACLs, with conditions on its own tags."""


@dataclass(frozen=True, kw_only=True)
class Target:
    """What is hit.

    Attributes:
        key: What the action calls it, such as "Clusters".
        resource_type: Such as "aws:rds:cluster".
        arns: Which; none where parameters say it.
        parameters: Such as the service that tasks belong to.
        how_many: "ALL", or "COUNT(1)" for one at random.
    """

    key: str
    resource_type: str
    arns: Sequence[Input[str]] = ()
    parameters: Mapping[str, Input[str]] = field(default_factory=dict)
    how_many: str = "ALL"


@dataclass(frozen=True, kw_only=True)
class Experiment:
    """One fault.

    Attributes:
        name: By which drills ask for it.
        description: What happens.
        action: Such as "aws:ecs:stop-task".
        parameters: Of the action.
        target: What is hit.
        statements: What FIS may do for it.
        managed_policy: In place of statements, where AWS's own has to be used.
    """

    name: str
    description: str
    action: str
    parameters: Mapping[str, str] = field(default_factory=dict)
    target: Target
    statements: Sequence[Statement] = ()
    managed_policy: str | None = None


@dataclass(frozen=True, kw_only=True)
class Stack:
    """What there is to be hit.

    Attributes:
        database_kind: RDS fails clusters and instances over by different calls.
        database_arn: Of the cluster or the writing instance.
        cluster_arn: ECS cluster.
        cluster_name: The same.
        service_name: In that cluster.
        subnet_ids: By zone, all tiers.
        bucket_arn: Of the artifacts.
        account_id: Whose all this is.
    """

    database_kind: Kind
    database_arn: Input[str]
    cluster_arn: Input[str]
    cluster_name: Input[str]
    service_name: Input[str]
    subnet_ids: Mapping[str, Sequence[Input[str]]]
    bucket_arn: Input[str]
    account_id: Input[str]


def experiments(aws: Aws, stack: Stack) -> list[Experiment]:
    """Return every fault that this environment is built to survive."""
    found = [task_stop(stack.cluster_arn, stack.cluster_name, stack.service_name)]
    if aws.rds.topology != "single":
        failover = cluster_failover if stack.database_kind == "cluster" else instance_failover
        found.append(failover(stack.database_arn))
        found += [
            zone_loss(zone, subnets, region=aws.region, account_id=stack.account_id)
            for zone, subnets in stack.subnet_ids.items()
        ]
    if aws.recovery.second_region:
        found.append(replication_pause(stack.bucket_arn, aws.recovery.second_region.region))
    return found


def cluster_failover(cluster_arn: Input[str]) -> Experiment:
    """Return the failover of a Multi-AZ cluster to one of its standbys."""
    return Experiment(
        name="database-failover",
        description="The database's writer is ended and a standby takes over",
        action="aws:rds:failover-db-cluster",
        target=Target(key="Clusters", resource_type="aws:rds:cluster", arns=[cluster_arn]),
        statements=[
            allow(["rds:FailoverDBCluster"], [cluster_arn]),
            _looked_up("rds:DescribeDBClusters"),
        ],
    )


def instance_failover(instance_arn: Input[str]) -> Experiment:
    """Return the failover of a Multi-AZ instance, which RDS does by rebooting it."""
    return Experiment(
        name="database-failover",
        description="The database is rebooted and its standby in another zone takes over",
        action="aws:rds:reboot-db-instances",
        parameters={"forceFailover": "true"},
        target=Target(key="DBInstances", resource_type="aws:rds:db", arns=[instance_arn]),
        statements=[
            allow(["rds:RebootDBInstance"], [instance_arn]),
            _looked_up("rds:DescribeDBInstances"),
        ],
    )


def task_stop(cluster_arn: Input[str], cluster: Input[str], service: Input[str]) -> Experiment:
    """Return the end of one task of the service."""
    of_the_cluster = {"ArnEquals": {"ecs:cluster": cluster_arn}}
    tasks = Output.from_input(cluster_arn).apply(
        lambda arn: arn.replace(":cluster/", ":task/") + "/*"
    )
    return Experiment(
        name="task-stop",
        description="One task of the tracking service is stopped",
        action="aws:ecs:stop-task",
        target=Target(
            key="Tasks",
            resource_type="aws:ecs:task",
            parameters={"cluster": cluster, "service": service},
            how_many="COUNT(1)",
        ),
        statements=[
            allow(["ecs:StopTask", "ecs:DescribeTasks"], [tasks]),
            allow_any(
                ["ecs:ListTasks"],
                because="Fargate tasks are listed by cluster, which the condition names",
                conditions=of_the_cluster,
            ),
        ],
    )


def zone_loss(
    zone: str, subnet_ids: Sequence[Input[str]], *, region: str, account_id: Input[str]
) -> Experiment:
    """Return the loss of a zone: nothing gets in or out of its subnets."""
    arns = [
        Output.concat("arn:aws:ec2:", region, ":", account_id, ":subnet/", subnet)
        for subnet in subnet_ids
    ]
    return Experiment(
        name=f"zone-loss-{zone}",
        description=f"All subnets in {zone} are cut off",
        action="aws:network:disrupt-connectivity",
        parameters={"scope": "all", "duration": ZONE_LOST_FOR},
        target=Target(key="Subnets", resource_type="aws:ec2:subnet", arns=arns),
        managed_policy=NETWORK_POLICY,
    )


def replication_pause(bucket_arn: Input[str], region: str) -> Experiment:
    """Return a pause of the copies to the second region."""
    only_pauses = {"BoolIfExists": {"s3:isReplicationPauseRequest": "true"}}
    return Experiment(
        name="replication-pause",
        description="Artifacts are no longer copied to the second region",
        action="aws:s3:bucket-pause-replication",
        parameters={"region": region, "duration": REPLICATION_PAUSED_FOR},
        target=Target(key="Buckets", resource_type="aws:s3:bucket", arns=[bucket_arn]),
        statements=[
            allow(["s3:PauseReplication", "s3:ListBucket"], [bucket_arn]),
            allow(
                ["s3:GetReplicationConfiguration", "s3:PutReplicationConfiguration"],
                [bucket_arn],
                conditions=only_pauses,
            ),
            _looked_up("s3:ListAllMyBuckets"),
        ],
    )


def _looked_up(action: str) -> Statement:
    return allow_any([action], because="FIS looks its targets up among all there are")
