"""Every rule holds for every stack, on what the real engine registered.

And the same graphs, changed in one place, are refused: a rule that looked for a name that no longer is
there would hold for ever.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

import pytest

from policies import tagging
from policies.asked import asked_for, project_and_stack
from policies.graph import Graph, pages
from policies.resource import Resource
from policies.rules import RULES, broken, name
from tests.engine.registered import STACKS, Environment, resources
from tools.recording_provider import schema


def graph_of(stack: str, environment: Environment) -> Graph:
    registered = resources(stack, environment)
    return Graph(registered, asked_for(*project_and_stack(registered)), pages())


@pytest.fixture(scope="module")
def production(environment: Environment) -> Graph:
    return graph_of("prod", environment)


@pytest.mark.parametrize("stack", STACKS)
def test_every_rule_holds(stack: str, environment: Environment) -> None:
    found = [
        f"{one.rule}: {one.violation.resource.name}: {one.violation.problem}"
        for one in broken(graph_of(stack, environment))
    ]
    assert found == []


@dataclass(frozen=True)
class Change:
    """One input of every resource of a type, changed; the resources taken out if none is named."""

    rule: str
    type: str
    path: tuple[str, ...] = ()
    value: Any = None


SERVICE = "aws:ecs/service:Service"
DATABASE = "aws:rds/cluster:Cluster"
TASK = "aws:ecs/taskDefinition:TaskDefinition"
BALANCER = "aws:lb/loadBalancer:LoadBalancer"
LISTENER = "aws:lb/listener:Listener"
BLOCK = "aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock"
ENCRYPTION = (
    "aws:s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration"
)
LIFECYCLE = "aws:s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration"
ALARM = "aws:cloudwatch/metricAlarm:MetricAlarm"
INGRESS = "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule"
EGRESS = "aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule"
CONTAINER = {"name": "server", "image": "mlflow-ha:latest"}
ANYTHING = {"Effect": "Allow", "Action": "*", "Resource": "*", "Principal": "*"}
ON_DISK = {"name": "MLFLOW_HA_SERVER_ARTIFACTS_DESTINATION", "value": "/artifacts"}
PASSWORD = {"name": "PGPASSWORD", "value": "hunter2"}


def containers(**changes: Any) -> str:
    return json.dumps([{**CONTAINER, **changes}])


def allowing(**changes: Any) -> str:
    return json.dumps({"Statement": [{**ANYTHING, **changes}]})


CHANGES = (
    Change("services-run-two-tasks", SERVICE, ("desiredCount",), 1),
    Change("autoscaling-keeps-two-tasks", "aws:appautoscaling/target:Target"),
    Change(
        "subnets-cover-two-zones-evenly",
        "aws:ec2/subnet:Subnet",
        ("availabilityZone",),
        "us-east-1a",
    ),
    Change("tasks-and-doors-span-zones", BALANCER, ("subnets",), ["subnet-a"]),
    Change("databases-have-a-standby", DATABASE, ("dbClusterInstanceClass",)),
    Change("deployments-roll-back", SERVICE, ("deploymentCircuitBreaker", "rollback"), False),
    Change(
        "balancers-ask-whether-a-task-is-ready",
        "aws:lb/targetGroup:TargetGroup",
        ("healthCheck", "path"),
        "/live",
    ),
    Change("databases-have-no-public-address", DATABASE, ("publiclyAccessible",), True),
    Change("buckets-are-closed", BLOCK),
    Change("balancers-are-internal-unless-asked", BALANCER, ("internal",), False),
    Change("only-the-door-admits-addresses", INGRESS, ("cidrIpv4",), "0.0.0.0/0"),
    Change("only-the-way-out-reaches-anywhere", EGRESS, ("cidrIpv4",), "0.0.0.0/0"),
    Change("rules-stand-alone", "aws:ec2/securityGroup:SecurityGroup", ("ingress",), [{}]),
    Change(
        "tasks-have-no-public-address", SERVICE, ("networkConfiguration", "assignPublicIp"), True
    ),
    Change("what-is-kept-has-a-key-of-our-own", "aws:sns/topic:Topic", ("kmsMasterKeyId",)),
    Change("databases-are-encrypted", DATABASE, ("storageEncrypted",)),
    Change("queues-are-encrypted", "aws:sqs/queue:Queue", ("sqsManagedSseEnabled",), False),
    Change("buckets-are-encrypted", ENCRYPTION),
    Change("buckets-refuse-plain-http", "aws:s3/bucketPolicy:BucketPolicy"),
    Change("keys-are-renewed", "aws:kms/key:Key", ("enableKeyRotation",)),
    Change("listeners-speak-modern-tls", LISTENER, ("protocol",), "HTTP"),
    Change("databases-force-tls", "aws:rds/proxy:Proxy", ("requireTls",), False),
    Change("aws-refuses-to-delete-what-serves", BALANCER, ("enableDeletionProtection",), False),
    Change("nothing-is-emptied-to-be-deleted", "aws:s3/bucket:Bucket", ("forceDestroy",), True),
    Change("databases-can-go-back", DATABASE, ("backupRetentionPeriod",), 1),
    Change("databases-leave-a-snapshot", DATABASE, ("skipFinalSnapshot",), True),
    Change("overwritten-objects-can-be-brought-back", "aws:s3/bucketVersioning:BucketVersioning"),
    Change("nothing-is-kept-unseen", LIFECYCLE),
    Change(
        "artifacts-have-a-copy-elsewhere", "aws:s3/bucketReplicationConfig:BucketReplicationConfig"
    ),
    Change("backups-are-locked", "aws:backup/vaultLockConfiguration:VaultLockConfiguration"),
    Change("logs-end-and-not-too-soon", "aws:cloudwatch/logGroup:LogGroup", ("retentionInDays",)),
    Change("everything-has-a-written-reason", "aws:iam/role:Role", ("policy",), allowing()),
    Change("actions-are-named", "aws:iam/role:Role", ("policy",), allowing()),
    Change(
        "nobody-in-particular-is-let-in",
        "aws:sns/topicPolicy:TopicPolicy",
        ("policy",),
        allowing(),
    ),
    Change(
        "outside-identities-are-told-apart",
        "aws:iam/role:Role",
        ("assumeRolePolicy",),
        allowing(Action="sts:AssumeRoleWithWebIdentity"),
    ),
    Change(
        "no-broad-policy-is-attached",
        "aws:iam/role:Role",
        ("managedPolicyArns",),
        ["arn:aws:iam::aws:policy/AdministratorAccess"],
    ),
    Change("images-are-named-by-digest", TASK, ("containerDefinitions",), containers()),
    Change("containers-cannot-change-their-host", TASK, ("containerDefinitions",), containers()),
    Change(
        "secrets-are-not-written-down",
        TASK,
        ("containerDefinitions",),
        containers(environment=[PASSWORD]),
    ),
    Change(
        "artifacts-are-shared", TASK, ("containerDefinitions",), containers(environment=[ON_DISK])
    ),
    Change("logs-are-kept", TASK, ("containerDefinitions",), containers()),
    Change("resources-say-whose-they-are", DATABASE, ("tags",), {}),
    Change("alarms-reach-somebody", ALARM, ("alarmActions",), []),
    Change("topics-have-somebody-listening", "aws:sns/topicSubscription:TopicSubscription"),
    Change("alarms-name-their-runbook", ALARM, ("alarmDescription",), "The writer is gone."),
)
ABSENCES = {
    "nothing-that-holds-data-is-deleted-by-mistake",  # see the test of `protect` below
    "nobody-has-a-key-that-lasts",  # there is no user whose key could be changed
    "ways-out-survive-a-zone",  # see the test of all that lead out below
}


def without(graph: Graph, *types: str) -> Graph:
    """The graph without the resources of some types."""
    left = [one for one in graph.resources if one.type not in types]
    return Graph(left, graph.asked, graph.runbooks)


def changed(graph: Graph, change: Change) -> Graph:
    if not change.path:
        return without(graph, change.type)
    others = [
        _with(one, change.path, change.value) if one.type == change.type else one
        for one in graph.resources
    ]
    return Graph(others, graph.asked, graph.runbooks)


def _with(resource: Resource, path: tuple[str, ...], value: Any) -> Resource:
    inputs = json.loads(json.dumps(resource.inputs))
    place = inputs
    for key in path[:-1]:
        place = place[key]
    place[path[-1]] = value
    return resource.model_copy(update={"inputs": inputs})


@pytest.mark.parametrize("change", CHANGES, ids=lambda change: change.rule)
def test_one_change_breaks_the_rule(change: Change, production: Graph) -> None:
    assert change.rule in {one.rule for one in broken(changed(production, change))}


def test_every_rule_was_broken_here() -> None:
    assert {change.rule for change in CHANGES} | ABSENCES == {name(rule) for rule in RULES}


def test_data_without_protection_is_refused(production: Graph) -> None:
    bare = [one.model_copy(update={"protect": False}) for one in production.resources]
    graph = Graph(bare, production.asked, production.runbooks)
    refused = {
        one.violation.resource.type
        for one in broken(graph)
        if one.rule == "nothing-that-holds-data-is-deleted-by-mistake"
    }
    assert {DATABASE, "aws:s3/bucket:Bucket", "aws:kms/key:Key"} <= refused


def test_one_way_out_for_three_zones_is_refused(production: Graph) -> None:
    gateways = list(production.of("aws:ec2/natGateway:NatGateway"))
    endpoints = list(production.of("aws:ec2/vpcEndpoint:VpcEndpoint"))
    assert gateways or endpoints
    first = [one for one in production.resources if one not in gateways[1:]]
    narrow = [
        one.model_copy(update={"inputs": {**one.inputs, "subnetIds": one.items("subnetIds")[:1]}})
        for one in first
    ]
    graph = Graph(narrow, production.asked, production.runbooks)
    assert "ways-out-survive-a-zone" in {one.rule for one in broken(graph)}


@pytest.mark.parametrize("type_", sorted(tagging.UNTAGGABLE))
def test_what_need_not_be_tagged_cannot_be(type_: str) -> None:
    assert "tags" not in schema.resource(type_).inputs.inputs
