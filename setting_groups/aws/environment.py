"""One environment on AWS, whole, and the rules between its groups."""

from __future__ import annotations

import re
from typing import Annotated, Literal

from pydantic import Field

from setting_groups.aws.database import CLUSTER_ZONES, Rds
from setting_groups.aws.front_door import FrontDoor
from setting_groups.aws.network import Network
from setting_groups.aws.recovery import Recovery
from setting_groups.aws.service import Service
from setting_groups.aws.watch import Load, Watch
from setting_groups.frozen import Frozen

BoundaryArn = Annotated[str, Field(pattern=r"^arn:aws[\w-]*:iam::\d{12}:policy/.+$")]


class Aws(Frozen):
    """The program's part of a stack file; `region` comes from its `aws:region`."""

    region: Annotated[str, Field(pattern=r"^[a-z]{2}(-[a-z]+)+-\d$")]
    role: Literal["active", "pilot_light"] = "active"
    """A pilot light keeps what data needs (network, bucket, keys, vault, a following database if
    there can be one) and runs nothing; `active` makes it serve."""
    owner: Annotated[str, Field(pattern=r"^[\w.@ -]{2,64}$")]
    """Who answers for the environment; a tag on every resource."""
    boundary_arn: BoundaryArn | None = None
    """The permissions boundary that the bootstrap stack printed. With it every role that is made here
    is confined, which the deploy role insists on; a person who may do anything needs none."""
    network: Network
    rds: Rds
    service: Service
    front_door: FrontDoor
    recovery: Recovery = Recovery()
    watch: Watch
    load: Load = Load()

    def mistakes(self) -> list[str]:
        """The groups agree with each other and with AWS."""
        return [text for rule in _RULES for text in rule(self)]


def _zones_serve_the_topology(aws: Aws) -> list[str]:
    zones = aws.network.zones
    broken = [
        f"network.zones {zone}: is not in region {aws.region}. Use for instance {aws.region}a"
        for zone in zones
        if not re.fullmatch(rf"{aws.region}[a-z]", zone)
    ]
    if aws.rds.topology == "multi_az_cluster" and len(zones) < CLUSTER_ZONES:
        broken.append(
            f"network.zones: {len(zones)} cannot serve rds.topology multi_az_cluster, whose writer "
            f"and two standbys are in {CLUSTER_ZONES} zones. Add {CLUSTER_ZONES - len(zones)} more"
        )
    return broken


def _copies_that_can_be_made(aws: Aws) -> list[str]:
    second, dumps = aws.recovery.second_region, aws.recovery.dump_every_hours
    cluster = aws.rds.topology == "multi_az_cluster"
    broken = []
    if second and second.region == aws.region:
        broken.append(
            f"recovery.second_region.region {second.region}: is this region; its loss would take "
            "the copies too. Choose another"
        )
    if second and second.vault_arn and cluster:
        broken.append(
            "recovery.second_region.vault_arn: AWS does not copy a Multi-AZ cluster's backups to "
            "another region. Remove it and set recovery.dump_every_hours, or use "
            "rds.topology multi_az_instance"
        )
    if second and cluster and dumps is None and aws.role == "active":
        broken.append(
            "recovery.dump_every_hours: with rds.topology multi_az_cluster only a dump reaches the "
            "second region. Set it, for instance to 1"
        )
    if aws.rds.replica_of and f":rds:{aws.region}:" in aws.rds.replica_of:
        broken.append(
            f"rds.replica_of {aws.rds.replica_of}: is in this region. Name an instance of another "
            "region, or use read_replicas"
        )
    return broken


def _door_and_way_out_agree(aws: Aws) -> list[str]:
    broken = []
    if aws.front_door.scheme == "internet" and aws.network.egress == "endpoints":
        broken.append(
            "network.egress endpoints: an internet-facing door has a public address, which the canary "
            "cannot reach without NAT. Set network.egress: nat, or front_door.scheme: internal"
        )
    certificate = aws.front_door.certificate_arn
    if certificate and f":{aws.region}:" not in certificate:
        broken.append(
            f"front_door.certificate_arn {certificate}: is not in {aws.region}, where the load "
            "balancer is. Issue one there"
        )
    if f".ecr.{aws.region}." not in aws.service.image:
        broken.append(
            f"service.image {aws.service.image}: is not in {aws.region}, whose endpoint is the only "
            "registry tasks reach. Replicate it there and use that address"
        )
    return broken


def _a_follower_does_not_serve(aws: Aws) -> list[str]:
    if not (aws.rds.replica_of and aws.role == "active"):
        return []
    return [
        (
            "rds.replica_of: with role active MLflow would write to a database that only follows. Remove "
            "replica_of, which promotes it, or set role: pilot_light"
        )
    ]


def _classes_of_the_region(aws: Aws) -> list[str]:
    # cfn-lint 1.58, list of valid DBInstanceClass values by region
    limited = aws.region == "us-west-1" and aws.rds.topology == "multi_az_cluster"
    if not limited or aws.rds.family == "r8gd":
        return []
    return [
        (
            f"rds.instance_class {aws.rds.instance_class}: us-west-1 has Multi-AZ clusters of the r8gd "
            "family only. Use db.r8gd.large, or another region"
        )
    ]


_RULES = (
    _zones_serve_the_topology,
    _copies_that_can_be_made,
    _door_and_way_out_agree,
    _a_follower_does_not_serve,
    _classes_of_the_region,
)
