"""Graphs that satisfy and break the rules of policies/availability.py."""

from __future__ import annotations

from typing import Any

from policies import availability as rules
from policies.resource import UNKNOWN, Resource
from tests.unit.policies.graphs import Pair, made

ROLLBACK = {"enable": True, "rollback": True}
TWO: dict[str, Any] = {"subnets": ["subnet-a", "subnet-b"]}


def service(desired: object = 2, **inputs: Any) -> Resource:
    return made("aws:ecs/service:Service", desiredCount=desired, **inputs)


def target(least: int, of: Resource) -> Resource:
    return made("aws:appautoscaling/target:Target", refers={"resourceId": of}, minCapacity=least)


def subnet(zone: str, name: str = "it") -> Resource:
    return made("aws:ec2/subnet:Subnet", name, availabilityZone=zone)


def gateway(name: str = "it", **inputs: Any) -> Resource:
    return made("aws:ec2/natGateway:NatGateway", name, **inputs)


def endpoint(*subnets: str) -> Resource:
    return made(
        "aws:ec2/vpcEndpoint:VpcEndpoint", vpcEndpointType="Interface", subnetIds=list(subnets)
    )


def cluster(**inputs: Any) -> Resource:
    return made("aws:rds/cluster:Cluster", **inputs)


def instance(**inputs: Any) -> Resource:
    return made("aws:rds/instance:Instance", **inputs)


ZONES = (subnet("us-east-1a", "a"), subnet("us-east-1b", "b"))

PAIRS = (
    Pair(rules.services_run_two_tasks, "one task", (service(2),), (service(1),)),
    Pair(rules.services_run_two_tasks, "no number of tasks", (service(3),), (service(None),)),
    Pair(
        rules.autoscaling_keeps_two_tasks,
        "may shrink to one",
        (service(), target(2, service())),
        (service(), target(1, service())),
    ),
    Pair(
        rules.autoscaling_keeps_two_tasks,
        "no autoscaling",
        (service(), target(2, service())),
        (service(),),
    ),
    Pair(
        rules.subnets_cover_two_zones_evenly,
        "one zone",
        ZONES,
        (subnet("us-east-1a"), subnet("us-east-1a", "b")),
        stack="dev",
    ),
    Pair(
        rules.subnets_cover_two_zones_evenly,
        "a zone lacks a tier",
        (*ZONES, subnet("us-east-1a", "a2"), subnet("us-east-1b", "b2")),
        (subnet("us-east-1a", "a"), subnet("us-east-1a", "a2"), subnet("us-east-1b")),
        stack="dev",
    ),
    Pair(
        rules.tasks_and_doors_span_zones,
        "a service in one subnet",
        (service(networkConfiguration=TWO),),
        (service(networkConfiguration={"subnets": ["subnet-a"]}),),
    ),
    Pair(
        rules.tasks_and_doors_span_zones,
        "a balancer in one subnet",
        (made("aws:lb/loadBalancer:LoadBalancer", **TWO),),
        (made("aws:lb/loadBalancer:LoadBalancer", subnets=["subnet-a"]),),
    ),
    Pair(
        rules.tasks_and_doors_span_zones,
        "a proxy in one subnet",
        (made("aws:rds/proxy:Proxy", vpcSubnetIds=UNKNOWN),),
        (made("aws:rds/proxy:Proxy", vpcSubnetIds=["subnet-a"]),),
    ),
    Pair(
        rules.databases_have_a_standby,
        "an Aurora-like cluster without instances",
        (cluster(dbClusterInstanceClass="db.m6gd.large"),),
        (cluster(),),
    ),
    Pair(
        rules.databases_have_a_standby,
        "a single instance",
        (instance(multiAz=True), instance(replicateSourceDb="mlflow-ha-prod")),
        (instance(),),
    ),
    Pair(
        rules.ways_out_survive_a_zone,
        "one gateway",
        (*ZONES, gateway("a"), gateway("b")),
        (*ZONES, gateway()),
    ),
    Pair(
        rules.ways_out_survive_a_zone,
        "one gateway, though not a regional one",
        (*ZONES, gateway(availabilityMode="regional")),
        (*ZONES, gateway(availabilityMode="zonal")),
    ),
    Pair(
        rules.ways_out_survive_a_zone,
        "an endpoint in one zone",
        (*ZONES, endpoint("subnet-a", "subnet-b")),
        (*ZONES, endpoint("subnet-a")),
    ),
    Pair(
        rules.ways_out_survive_a_zone,
        "no way out at all",
        (*ZONES, service(), endpoint("subnet-a", "subnet-b")),
        (*ZONES, service()),
    ),
    Pair(
        rules.deployments_roll_back,
        "no rollback",
        (service(deploymentCircuitBreaker=ROLLBACK),),
        (service(deploymentCircuitBreaker={"enable": True}),),
        stack="dev",
    ),
    Pair(
        rules.deployments_roll_back,
        "capacity taken away first",
        (service(deploymentCircuitBreaker=ROLLBACK, deploymentMinimumHealthyPercent=100),),
        (service(deploymentCircuitBreaker=ROLLBACK, deploymentMinimumHealthyPercent=50),),
    ),
    Pair(
        rules.balancers_ask_whether_a_task_is_ready,
        "asks for the database as well",
        (made("aws:lb/targetGroup:TargetGroup", healthCheck={"path": "/ready"}),),
        (made("aws:lb/targetGroup:TargetGroup", healthCheck={"path": "/writable"}),),
        stack="dev",
    ),
)
