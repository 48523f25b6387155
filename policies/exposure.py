"""Nothing is open to whom it was not opened, in any environment: an experiment leaks as well."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator

from policies.buckets import BUCKET, parts
from policies.graph import Graph
from policies.resource import Resource
from policies.violation import Violation

ANYWHERE = ("0.0.0.0/0", "::/0")
HTTPS = 443
WEB_PORTS = (80, HTTPS)
_INGRESS = "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule"
_EGRESS = "aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule"
_GROUP = "aws:ec2/securityGroup:SecurityGroup"
_BALANCER = "aws:lb/loadBalancer:LoadBalancer"
_BLOCK = "aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock"
_CLOSED = ("blockPublicAcls", "blockPublicPolicy", "ignorePublicAcls", "restrictPublicBuckets")


def databases_have_no_public_address(graph: Graph) -> Iterator[Violation]:
    """No database has an address on the internet; everybody reaches it through the VPC."""
    for database in graph.of("aws:rds/cluster:Cluster", "aws:rds/instance:Instance"):
        if database.at("publiclyAccessible"):
            yield Violation(database, "publiclyAccessible true", "Remove it")


def buckets_are_closed(graph: Graph) -> Iterator[Violation]:
    """Every bucket refuses public access in all four ways, and no list grants it.

    MLflow hands out artifacts itself; nothing here is a website.
    """
    for bucket in graph.of(BUCKET):
        if not any(parts(graph, bucket, _BLOCK)):
            yield Violation(bucket, "no BucketPublicAccessBlock", "Register one for it")
    for block in graph.of(_BLOCK):
        for way in _CLOSED:
            if block.at(way) is not True:
                yield Violation(block, f"{way} {block.at(way)}", "Set it to true")
    for listed in graph.of(BUCKET, "aws:s3/bucketAcl:BucketAcl"):
        if str(listed.at("acl") or "private").startswith(("public", "authenticated")):
            yield Violation(listed, f"acl {listed.at('acl')}", "Remove it")


def balancers_are_internal_unless_asked(graph: Graph) -> Iterator[Violation]:
    """A balancer faces the internet only where aws.front_door.scheme says internet."""
    for balancer in graph.of(_BALANCER):
        if not balancer.at("internal") and graph.asked.aws.front_door.scheme != "internet":
            yield Violation(
                balancer,
                f"internal {balancer.at('internal')}: the internet was not asked for",
                "Set internal, or aws.front_door.scheme to internet",
            )


def only_the_door_admits_addresses(graph: Graph) -> Iterator[Violation]:
    """Security groups name each other; addresses outside the VPC may only enter by the door.

    At the door they are those of aws.front_door.allowed_cidrs and of our own way out, on the ports
    of the web. Inside, an address says nothing about who has it, a security group does.
    """
    doors = {group.urn for group in _door_groups(graph)}
    for rule in graph.of(_INGRESS):
        door, vpc = graph.asked.aws.front_door, graph.asked.aws.network.cidr
        source = rule.at("cidrIpv4") or rule.at("cidrIpv6")
        if source is None or rule.unknown("cidrIpv4"):
            continue
        network = ipaddress.ip_network(source)
        if network == vpc and rule.at("fromPort") in WEB_PORTS:
            continue
        if not doors & set(rule.references.get("securityGroupId", ())):
            yield Violation(
                rule, f"admits {source}: is not the door's", "Name a security group instead"
            )
        elif network not in door.allowed_cidrs and not _is_our_own(graph, rule):
            yield Violation(
                rule,
                f"admits {source}: nobody asked for it",
                "List it in aws.front_door.allowed_cidrs, or remove the rule",
            )
        elif rule.at("fromPort") not in WEB_PORTS or rule.at("toPort") != rule.at("fromPort"):
            yield Violation(
                rule,
                f"admits {source} to ports {rule.at('fromPort')} to {rule.at('toPort')}",
                f"Open {HTTPS}, and 80 for the redirect",
            )


def only_the_way_out_reaches_anywhere(graph: Graph) -> Iterator[Violation]:
    """Tasks reach the internet only where aws.network.egress is nat, and only over HTTPS.

    With endpoints there is nothing to reach outside AWS, so a stolen process cannot call home.
    """
    for rule in graph.of(_EGRESS):
        target = rule.at("cidrIpv4") or rule.at("cidrIpv6")
        if target not in ANYWHERE:
            continue
        if graph.asked.aws.network.egress != "nat":
            yield Violation(
                rule, f"lets out to {target} with egress endpoints", "Name an endpoint's group"
            )
        elif (rule.at("fromPort"), rule.at("toPort")) != (HTTPS, HTTPS):
            yield Violation(
                rule,
                f"lets out to {target} on ports {rule.at('fromPort')} to {rule.at('toPort')}",
                f"Set both ports to {HTTPS}, or name a security group",
            )


def rules_stand_alone(graph: Graph) -> Iterator[Violation]:
    """A security group holds no rules of its own: each is a resource, with one source.

    Rules written in two places undo each other at every update, and these rules read one place.
    """
    for group in graph.of(_GROUP, "aws:ec2/defaultSecurityGroup:DefaultSecurityGroup"):
        for inline in ("ingress", "egress"):
            if group.items(inline):
                yield Violation(
                    group,
                    f"{inline} is written inside",
                    "Use SecurityGroupIngressRule or …EgressRule",
                )
    for rule in graph.of("aws:ec2/securityGroupRule:SecurityGroupRule"):
        yield Violation(
            rule, "may name many sources at once", "Use SecurityGroupIngressRule or …EgressRule"
        )


def tasks_have_no_public_address(graph: Graph) -> Iterator[Violation]:
    """No task, no subnet and no function hands out an address that the internet can reach."""
    network = ("networkConfiguration", "assignPublicIp")
    places = {
        "aws:ecs/service:Service": network,
        "aws:scheduler/schedule:Schedule": ("target", "ecsParameters", *network),
        "aws:cloudwatch/eventTarget:EventTarget": ("ecsTarget", *network),
        "aws:ec2/subnet:Subnet": ("mapPublicIpOnLaunch",),
    }
    for resource in graph.of(*places):
        if resource.at(*places[resource.type]):
            yield Violation(resource, f"{'.'.join(places[resource.type])} true", "Set false")
    for url in graph.of("aws:lambda/functionUrl:FunctionUrl"):
        yield Violation(url, "a function with an address of its own", "Remove it")


def _door_groups(graph: Graph) -> Iterator[Resource]:
    for balancer in graph.of(_BALANCER):
        yield from graph.origins(balancer, "securityGroups")


def _is_our_own(graph: Graph, rule: Resource) -> bool:
    ways_out = ("aws:ec2/eip:Eip", "aws:ec2/natGateway:NatGateway")
    return any(origin.type in ways_out for origin in graph.origins(rule, "cidrIpv4"))
