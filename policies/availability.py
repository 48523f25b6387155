"""Nothing in production stands alone, and what fails is noticed and taken back.

Other environments may be single: their loss costs work time, not service, and a second of everything
would cost as much as production.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from policies.graph import Graph
from policies.violation import Violation

READY = "/ready"
_TWO = 2
_SERVICE = "aws:ecs/service:Service"


def services_run_two_tasks(graph: Graph) -> Iterator[Violation]:
    """A service in production runs two tasks or more.

    The loss of one task, or of its zone, then takes no request that a retry does not bring back.
    """
    for service in graph.of(_SERVICE) if graph.asked.production else ():
        tasks = service.at("desiredCount")
        if not service.unknown("desiredCount") and (tasks or 0) < _TWO:
            yield Violation(
                service,
                f"desiredCount {tasks}: a single task stands alone",
                "Set tracking.instances to 2 or more",
            )


def autoscaling_keeps_two_tasks(graph: Graph) -> Iterator[Violation]:
    """Autoscaling in production exists for each service and never goes below two tasks."""
    if not graph.asked.production:
        return
    for target in graph.of("aws:appautoscaling/target:Target"):
        least = target.at("minCapacity")
        if not target.unknown("minCapacity") and (least or 0) < _TWO:
            yield Violation(
                target,
                f"minCapacity {least}: a quiet night would leave a single task",
                "Set tracking.instances to 2 or more",
            )
    for service in graph.of(_SERVICE):
        if not any(graph.naming(service, "aws:appautoscaling/target:Target", by="resourceId")):
            yield Violation(
                service,
                "no autoscaling target: the fleet does not grow with its load",
                "Register an appautoscaling Target for it",
            )


def subnets_cover_two_zones_evenly(graph: Graph) -> Iterator[Violation]:
    """Subnets lie in two zones or more, as many in each.

    Everywhere: a balancer and a database's subnet group are refused with one zone, and a tier that
    one zone lacks is found only when another zone is lost.
    """
    subnets = list(graph.of("aws:ec2/subnet:Subnet"))
    zones = Counter(subnet.at("availabilityZone") for subnet in subnets)
    if subnets and len(zones) < _TWO:
        yield Violation(
            subnets[0],
            f"{', '.join(map(str, zones))} is the only zone with subnets: its loss is the end",
            "Name two zones or more in aws.network.zones",
        )
    for subnet in subnets:
        if zones[subnet.at("availabilityZone")] < max(zones.values()):
            yield Violation(
                subnet,
                f"{subnet.at('availabilityZone')} has fewer subnets than another zone: a tier is "
                "missing there",
                "Register every tier in every zone",
            )


def tasks_and_doors_span_zones(graph: Graph) -> Iterator[Violation]:
    """Services, balancers and database proxies in production are placed in two subnets or more."""
    placed = {
        _SERVICE: ("networkConfiguration", "subnets"),
        "aws:lb/loadBalancer:LoadBalancer": ("subnets",),
        "aws:rds/proxy:Proxy": ("vpcSubnetIds",),
        "aws:rds/subnetGroup:SubnetGroup": ("subnetIds",),
    }
    for resource in graph.of(*placed) if graph.asked.production else ():
        path = placed[resource.type]
        if not resource.unknown(*path) and len(resource.items(*path)) < _TWO:
            yield Violation(
                resource,
                f"{'.'.join(path)} {resource.at(*path)}: one subnet is one zone",
                "Give it a subnet in every zone",
            )


def databases_have_a_standby(graph: Graph) -> Iterator[Violation]:
    """A database in production is a Multi-AZ cluster, a Multi-AZ instance, or the copy of one.

    The copy is excepted because it is what stands by: a read replica, or the one that the second
    region keeps until it is promoted.
    """
    if not graph.asked.production:
        return
    for cluster in graph.of("aws:rds/cluster:Cluster"):
        if not cluster.at("dbClusterInstanceClass"):
            yield Violation(
                cluster,
                "dbClusterInstanceClass is missing: no Multi-AZ cluster, so no synchronous standby",
                "Use rds.topology multi_az_cluster",
            )
    for instance in graph.of("aws:rds/instance:Instance"):
        if not instance.at("multiAz") and not instance.at("replicateSourceDb"):
            yield Violation(
                instance,
                f"multiAz {instance.at('multiAz')}: no standby takes over",
                "Use rds.topology multi_az_instance or multi_az_cluster",
            )


def ways_out_survive_a_zone(graph: Graph) -> Iterator[Violation]:
    """In production each zone has its own way to AWS: a NAT gateway, or every endpoint's address.

    A task that starts after a zone is lost has to fetch its image, its secrets and its log group.
    """
    if not graph.asked.production:
        return
    zones = {subnet.at("availabilityZone") for subnet in graph.of("aws:ec2/subnet:Subnet")}
    gateways = list(graph.of("aws:ec2/natGateway:NatGateway"))
    regional = any(gateway.at("availabilityMode") == "regional" for gateway in gateways)
    if gateways and not regional and len(gateways) < len(zones):
        yield Violation(
            gateways[0],
            f"{len(gateways)} NAT gateways for {len(zones)} zones: one zone's loss cuts off others",
            "Set aws.network.nat_gateways to per_zone, or egress to endpoints",
        )
    endpoints = [
        endpoint
        for endpoint in graph.of("aws:ec2/vpcEndpoint:VpcEndpoint")
        if endpoint.at("vpcEndpointType") == "Interface"
    ]
    for endpoint in endpoints:
        addresses = len(endpoint.items("subnetIds"))
        if not endpoint.unknown("subnetIds") and addresses < len(zones):
            yield Violation(
                endpoint,
                f"{addresses} addresses for {len(zones)} zones",
                "Give it a subnet in every zone",
            )
    for service in graph.of(_SERVICE) if not (gateways or endpoints) else ():
        yield Violation(
            service,
            "there is neither a NAT gateway nor an endpoint: its tasks get no image",
            "Register either",
        )


def deployments_roll_back(graph: Graph) -> Iterator[Violation]:
    """A deployment that fails is taken back, and none takes away capacity first.

    Everywhere: a rollback that only production has is one that nobody has seen work.
    """
    for service in graph.of(_SERVICE):
        breaker = service.at("deploymentCircuitBreaker") or {}
        if not (breaker.get("enable") and breaker.get("rollback")):
            yield Violation(
                service,
                f"deploymentCircuitBreaker {breaker or None}: a bad image stays half deployed",
                "Set enable and rollback",
            )
        least = service.at("deploymentMinimumHealthyPercent")
        if graph.asked.production and least is not None and least < 100:  # noqa: PLR2004 - per cent
            yield Violation(
                service,
                f"deploymentMinimumHealthyPercent {least:g}: a deployment starts by stopping tasks",
                "Set 100",
            )


def balancers_ask_whether_a_task_is_ready(graph: Graph) -> Iterator[Violation]:
    """The balancer asks /ready, which does not depend on the database.

    Everywhere. A check that includes what all tasks share makes one database failover take out all
    of them at once.
    """
    for group in graph.of("aws:lb/targetGroup:TargetGroup"):
        path = group.at("healthCheck", "path")
        if path != READY:
            yield Violation(group, f"healthCheck.path {path}", f"Set {READY}")
