"""Ids and ARNs with the shapes that AWS gives them, the same for the same resource every time.

Templates know {name} (the physical name), {region}, {account}, {revision}, {uuid}, and {h6}, {h8},
{h12}, {h16}, {h17}, {H26}: so many hexadecimal digits of a digest. An ARN's template may use {id}, an
id's may be {arn}, and both may use any input that is a text, by its name on the wire.
"""

from __future__ import annotations

import hashlib
import uuid
from collections import defaultdict
from dataclasses import dataclass
from typing import Any

ACCOUNT = "123456789012"  # what AWS's own documentation uses, and moto answers with

# Inputs that name a resource, in the order in which they are looked for.
NAMES = (
    "name", "bucket", "identifier", "clusterIdentifier", "family", "functionName", "roleName", "domainName",
)  # fmt: skip
PREFIXES = ("namePrefix", "bucketPrefix", "identifierPrefix", "clusterIdentifierPrefix")


@dataclass(frozen=True)
class Shape:
    """Templates of a type's id and ARN."""

    id: str
    arn: str


def _ec2(kind: str, prefix: str) -> Shape:
    return Shape(f"{prefix}-{{h17}}", f"arn:aws:ec2:{{region}}:{{account}}:{kind}/{{id}}")


def _named(
    service: str, resource: str, *, region: str = "{region}", account: str = "{account}"
) -> Shape:
    return Shape("{name}", f"arn:aws:{service}:{region}:{account}:{resource}")


def _by_arn(service: str, resource: str) -> Shape:
    return Shape("{arn}", f"arn:aws:{service}:{{region}}:{{account}}:{resource}")


SHAPES = {
    "aws:acm/certificate:Certificate": _by_arn("acm", "certificate/{uuid}"),
    "aws:backup/plan:Plan": Shape("{uuid}", "arn:aws:backup:{region}:{account}:backup-plan:{id}"),
    "aws:backup/vault:Vault": _named("backup", "backup-vault:{name}"),
    "aws:budgets/budget:Budget": Shape(
        "{account}:{name}", "arn:aws:budgets::{account}:budget/{name}"
    ),
    "aws:cloudwatch/compositeAlarm:CompositeAlarm": _named("cloudwatch", "alarm:{name}"),
    "aws:cloudwatch/dashboard:Dashboard": _named("cloudwatch", "dashboard/{name}", region=""),
    "aws:cloudwatch/eventRule:EventRule": _named("events", "rule/{name}"),
    "aws:cloudwatch/logGroup:LogGroup": _named("logs", "log-group:{name}"),
    "aws:cloudwatch/metricAlarm:MetricAlarm": _named("cloudwatch", "alarm:{name}"),
    "aws:ec2/defaultSecurityGroup:DefaultSecurityGroup": _ec2("security-group", "sg"),
    "aws:ec2/eip:Eip": _ec2("elastic-ip", "eipalloc"),
    "aws:ec2/flowLog:FlowLog": _ec2("vpc-flow-log", "fl"),
    "aws:ec2/internetGateway:InternetGateway": _ec2("internet-gateway", "igw"),
    "aws:ec2/natGateway:NatGateway": _ec2("natgateway", "nat"),
    "aws:ec2/routeTable:RouteTable": _ec2("route-table", "rtb"),
    "aws:ec2/routeTableAssociation:RouteTableAssociation": _ec2(
        "route-table-association", "rtbassoc"
    ),
    "aws:ec2/securityGroup:SecurityGroup": _ec2("security-group", "sg"),
    "aws:ec2/subnet:Subnet": _ec2("subnet", "subnet"),
    "aws:ec2/vpc:Vpc": _ec2("vpc", "vpc"),
    "aws:ec2/vpcEndpoint:VpcEndpoint": _ec2("vpc-endpoint", "vpce"),
    "aws:ecr/repository:Repository": _named("ecr", "repository/{name}"),
    "aws:ecs/cluster:Cluster": _by_arn("ecs", "cluster/{name}"),
    "aws:ecs/service:Service": _by_arn("ecs", "service/{cluster_name}/{name}"),
    "aws:ecs/taskDefinition:TaskDefinition": _named("ecs", "task-definition/{name}:{revision}"),
    "aws:fis/experimentTemplate:ExperimentTemplate": Shape(
        "EXT{h17}", "arn:aws:fis:{region}:{account}:experiment-template/{id}"
    ),
    "aws:iam/openIdConnectProvider:OpenIdConnectProvider": Shape(
        "{arn}", "arn:aws:iam::{account}:oidc-provider/{url}"
    ),
    "aws:iam/policy:Policy": Shape("{arn}", "arn:aws:iam::{account}:policy/{name}"),
    "aws:iam/role:Role": _named("iam", "role/{name}", region=""),
    "aws:kms/alias:Alias": _named("kms", "{name}"),
    "aws:kms/key:Key": Shape("{uuid}", "arn:aws:kms:{region}:{account}:key/{id}"),
    "aws:kms/replicaKey:ReplicaKey": Shape("{uuid}", "arn:aws:kms:{region}:{account}:key/{id}"),
    "aws:lambda/function:Function": _named("lambda", "function:{name}"),
    "aws:lb/listener:Listener": _by_arn("elasticloadbalancing", "listener/{balancer}/{h16}"),
    "aws:lb/listenerRule:ListenerRule": _by_arn(
        "elasticloadbalancing", "listener-rule/app/{name}/{h16}/{h17}/{h12}"
    ),
    "aws:lb/loadBalancer:LoadBalancer": _by_arn(
        "elasticloadbalancing", "loadbalancer/app/{name}/{h16}"
    ),
    "aws:lb/targetGroup:TargetGroup": _by_arn("elasticloadbalancing", "targetgroup/{name}/{h16}"),
    "aws:rds/cluster:Cluster": _named("rds", "cluster:{name}"),
    "aws:rds/clusterParameterGroup:ClusterParameterGroup": _named("rds", "cluster-pg:{name}"),
    "aws:rds/eventSubscription:EventSubscription": _named("rds", "es:{name}"),
    "aws:rds/instance:Instance": Shape("db-{H26}", "arn:aws:rds:{region}:{account}:db:{name}"),
    "aws:rds/parameterGroup:ParameterGroup": _named("rds", "pg:{name}"),
    "aws:rds/proxy:Proxy": Shape("{name}", "arn:aws:rds:{region}:{account}:db-proxy:prx-{h17}"),
    "aws:rds/subnetGroup:SubnetGroup": _named("rds", "subgrp:{name}"),
    "aws:route53/zone:Zone": Shape("Z{H26}", "arn:aws:route53:::hostedzone/{id}"),
    "aws:s3/bucket:Bucket": _named("s3", "{name}", region="", account=""),
    "aws:scheduler/schedule:Schedule": Shape(
        "default/{name}", "arn:aws:scheduler:{region}:{account}:schedule/{id}"
    ),
    "aws:secretsmanager/secret:Secret": _by_arn("secretsmanager", "secret:{name}-{h6}"),
    "aws:secretsmanager/secretVersion:SecretVersion": Shape("{secretId}|{uuid}", "{secretId}"),
    "aws:sns/topic:Topic": _by_arn("sns", "{name}"),
    "aws:sns/topicSubscription:TopicSubscription": _by_arn("sns", "{topic_name}:{uuid}"),
    "aws:sqs/queue:Queue": Shape(
        "https://sqs.{region}.amazonaws.com/{account}/{name}",
        "arn:aws:sqs:{region}:{account}:{name}",
    ),
    "aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule": _ec2("security-group-rule", "sgr"),
    "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule": _ec2("security-group-rule", "sgr"),
    "aws:wafv2/webAcl:WebAcl": Shape(
        "{uuid}", "arn:aws:wafv2:{region}:{account}:regional/webacl/{name}/{id}"
    ),
}


@dataclass(frozen=True)
class Identity:
    """Who a resource is, once it exists.

    Attributes:
        fields: What templates may name.
    """

    id: str
    arn: str
    name: str
    fields: dict[str, Any]


def identity(
    token: str, urn: str, inputs: dict[str, Any], *, region: str, previous: dict[str, Any] | None
) -> Identity:
    """Make up the identity of a resource.

    Args:
        token: Its type.
        urn: Its URN; nothing else tells two resources with equal inputs apart.
        inputs: Its inputs, without the marks of secrets.
        region: Where it is.
        previous: Outputs of the resource that this one replaces, from which it must differ.
    """
    before = previous or {}
    salt = f"{urn} {sorted(inputs.items())!r} {before.get('id')} {before.get('arn')}"
    digest = hashlib.sha256(salt.encode()).hexdigest()
    fields: dict[str, Any] = defaultdict(lambda: digest[:8])
    fields |= {key: value for key, value in inputs.items() if isinstance(value, str)}
    fields |= {f"h{length}": digest[:length] for length in (6, 8, 12, 16, 17)}
    fields |= {"H26": digest[:26].upper(), "uuid": str(uuid.UUID(digest[:32]))}
    fields |= {
        "name": _name(urn.rpartition("::")[2], inputs, digest),
        "region": region,
        "account": ACCOUNT,
        "revision": int(before.get("revision", 0)) + 1,
        "cluster_name": str(inputs.get("cluster", "default")).rpartition("/")[2],
        "balancer": str(inputs.get("loadBalancerArn", "")).rpartition(":loadbalancer/")[2],
        "topic_name": str(inputs.get("topic", "")).rpartition(":")[2],
        "url": str(inputs.get("url", "")).removeprefix("https://"),
    }
    shape = SHAPES.get(token) or _plain(token)
    if shape.id == "{arn}":
        fields["arn"] = fields["id"] = shape.arn.format_map(fields)
    else:
        fields["id"] = shape.id.format_map(fields)
        fields["arn"] = shape.arn.format_map(fields)
    return Identity(fields["id"], fields["arn"], fields["name"], fields)


def _plain(token: str) -> Shape:
    """The shape of a type of which nothing is known here: right in form, not in wording."""
    module, _, path = token.partition(":")[2].partition("/")
    kind = path.partition(":")[0]
    return Shape("{name}-{h8}", f"arn:aws:{module}:{{region}}:{{account}}:{kind}/{{id}}")


def _name(logical: str, inputs: dict[str, Any], digest: str) -> str:
    for key in NAMES:
        if isinstance(given := inputs.get(key), str):
            return given
    for key in PREFIXES:
        if isinstance(given := inputs.get(key), str):
            return given + digest[:26]
    return f"{logical}-{digest[:7]}"  # as the engine itself names what has no name
