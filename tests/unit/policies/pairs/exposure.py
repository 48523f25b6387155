"""Graphs that satisfy and break the rules of policies/exposure.py."""

from __future__ import annotations

from typing import Any

from policies import exposure as rules
from policies.resource import Resource
from tests.unit.policies.graphs import Pair, made

CLOSED: dict[str, Any] = {
    "blockPublicAcls": True,
    "blockPublicPolicy": True,
    "ignorePublicAcls": True,
    "restrictPublicBuckets": True,
}
OFFICE = "192.0.2.0/24"
INTERNET = {
    "front_door": {"scheme": "internet", "allowed_cidrs": ["0.0.0.0/0"]},
    "network": {"egress": "nat"},
}
INTERNAL = {"front_door": {"allowed_cidrs": [OFFICE]}}
ENDPOINTS = {"network": {"egress": "endpoints"}}

DOOR = made("aws:ec2/securityGroup:SecurityGroup", "door")
SERVICE = made("aws:ec2/securityGroup:SecurityGroup", "service")
BALANCER = made("aws:lb/loadBalancer:LoadBalancer", refers={"securityGroups": DOOR}, internal=True)
WAY_OUT = made("aws:ec2/natGateway:NatGateway", "way-out")
BUCKET = made("aws:s3/bucket:Bucket")


def block(**inputs: Any) -> Resource:
    return made(
        "aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock",
        refers={"bucket": BUCKET},
        **{**CLOSED, **inputs},
    )


def admits(source: str, *, at: Resource = DOOR, ports: tuple[int, int] = (443, 443)) -> Resource:
    sources: dict[str, Any] = {"cidrIpv6" if ":" in source else "cidrIpv4": source}
    return made(
        "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule",
        refers={"securityGroupId": at},
        **sources,
        ipProtocol="tcp",
        fromPort=ports[0],
        toPort=ports[1],
    )


def admits_way_out() -> Resource:
    return made(
        "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule",
        refers={"securityGroupId": DOOR, "cidrIpv4": WAY_OUT},
        cidrIpv4="198.51.100.7/32",
        fromPort=443,
        toPort=443,
    )


def admits_group(group: Resource) -> Resource:
    return made(
        "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule",
        refers={"securityGroupId": SERVICE, "referencedSecurityGroupId": group},
        fromPort=5000,
        toPort=5000,
    )


def lets_out(port: int | None) -> Resource:
    return made(
        "aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule",
        cidrIpv4="0.0.0.0/0",
        fromPort=port,
        toPort=port,
    )


PAIRS = (
    Pair(
        rules.databases_have_no_public_address,
        "a public cluster",
        (made("aws:rds/cluster:Cluster"),),
        (made("aws:rds/cluster:Cluster", publiclyAccessible=True),),
        stack="dev",
    ),
    Pair(
        rules.buckets_are_closed,
        "no block of public access",
        (BUCKET, block()),
        (BUCKET,),
        stack="dev",
    ),
    *(
        Pair(
            rules.buckets_are_closed,
            f"not {way}",
            (BUCKET, block()),
            (BUCKET, block(**{way: False})),
        )
        for way in CLOSED
    ),
    Pair(
        rules.buckets_are_closed,
        "a list that lets everybody read",
        (BUCKET, block(), made("aws:s3/bucketAcl:BucketAcl", acl="private")),
        (BUCKET, block(), made("aws:s3/bucketAcl:BucketAcl", acl="public-read")),
    ),
    Pair(
        rules.balancers_are_internal_unless_asked,
        "faces the internet unasked",
        (BALANCER,),
        (made("aws:lb/loadBalancer:LoadBalancer", internal=False),),
        stack="dev",
    ),
    Pair(
        rules.only_the_door_admits_addresses,
        "the world, unasked",
        (DOOR, BALANCER, admits(OFFICE)),
        (DOOR, BALANCER, admits("0.0.0.0/0")),
        aws=INTERNAL,
    ),
    Pair(
        rules.only_the_door_admits_addresses,
        "the world of IPv6, unasked",
        (DOOR, BALANCER, admits("10.22.0.0/16")),
        (DOOR, BALANCER, admits("::/0")),
        aws=INTERNET,
    ),
    Pair(
        rules.only_the_door_admits_addresses,
        "one address, and it is not our own",
        (DOOR, BALANCER, WAY_OUT, admits_way_out()),
        (DOOR, BALANCER, WAY_OUT, admits("198.51.100.7/32")),
        aws=INTERNAL,
    ),
    Pair(
        rules.only_the_door_admits_addresses,
        "the world, past the door",
        (DOOR, SERVICE, BALANCER, admits("0.0.0.0/0"), admits_group(DOOR)),
        (DOOR, SERVICE, BALANCER, admits("0.0.0.0/0", at=SERVICE)),
        aws=INTERNET,
    ),
    Pair(
        rules.only_the_door_admits_addresses,
        "the world, to every port",
        (DOOR, BALANCER, admits("0.0.0.0/0", ports=(80, 80))),
        (DOOR, BALANCER, admits("0.0.0.0/0", ports=(0, 65535))),
        aws=INTERNET,
    ),
    Pair(
        rules.only_the_door_admits_addresses,
        "the whole VPC to the database's port",
        (SERVICE, admits("10.22.0.0/16", at=SERVICE)),
        (SERVICE, admits("10.22.0.0/16", at=SERVICE, ports=(5432, 5432))),
    ),
    Pair(
        rules.only_the_way_out_reaches_anywhere,
        "out to anywhere with endpoints",
        (made("aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule", fromPort=443),),
        (lets_out(443),),
        aws=ENDPOINTS,
    ),
    Pair(
        rules.only_the_way_out_reaches_anywhere,
        "out to every port",
        (lets_out(443),),
        (lets_out(None),),
        aws={"network": {"egress": "nat"}},
    ),
    Pair(
        rules.rules_stand_alone,
        "rules inside",
        (made("aws:ec2/securityGroup:SecurityGroup", ingress=[]),),
        (made("aws:ec2/securityGroup:SecurityGroup", egress=[{"cidrBlocks": ["0.0.0.0/0"]}]),),
    ),
    Pair(
        rules.rules_stand_alone,
        "a rule of many sources",
        (admits(OFFICE),),
        (made("aws:ec2/securityGroupRule:SecurityGroupRule"),),
    ),
    Pair(
        rules.tasks_have_no_public_address,
        "a task with an address",
        (made("aws:ecs/service:Service", networkConfiguration={"assignPublicIp": False}),),
        (made("aws:ecs/service:Service", networkConfiguration={"assignPublicIp": True}),),
        stack="dev",
    ),
    Pair(
        rules.tasks_have_no_public_address,
        "a scheduled task with an address",
        (made("aws:scheduler/schedule:Schedule", target={}),),
        (
            made(
                "aws:scheduler/schedule:Schedule",
                target={"ecsParameters": {"networkConfiguration": {"assignPublicIp": True}}},
            ),
        ),
    ),
    Pair(
        rules.tasks_have_no_public_address,
        "a subnet that hands out addresses",
        (made("aws:ec2/subnet:Subnet"),),
        (made("aws:ec2/subnet:Subnet", mapPublicIpOnLaunch=True),),
    ),
    Pair(
        rules.tasks_have_no_public_address,
        "a function with a URL",
        (made("aws:lambda/function:Function"),),
        (made("aws:lambda/functionUrl:FunctionUrl"),),
    ),
)
