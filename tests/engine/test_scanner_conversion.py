"""The graph becomes a Terraform plan that says the same, so that Checkov judges what is really asked.

Each wrong thing here is found by Checkov and each right one is not: a conversion that lost a value
would pass for safe, one that lost a reference would pass for unsafe.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from policies.resource import UNKNOWN, Resource
from tests.unit.policies.graphs import made, policy
from tools.recording_provider.values import SIGNATURE
from tools.scanner import checkov, names
from tools.scanner.plan import plan, values

KEY = "arn:aws:kms:us-east-1:123456789012:key/1"
BUCKET = made("aws:s3/bucket:Bucket", "artifacts")
CLOSED = made(
    "aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock",
    refers={"bucket": BUCKET},
    blockPublicAcls=True,
    blockPublicPolicy=True,
    ignorePublicAcls=True,
    restrictPublicBuckets=True,
)
OPEN = CLOSED.model_copy(update={"inputs": {**CLOSED.inputs, "blockPublicAcls": False}})
ENCRYPTED = made(
    "aws:s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration",
    refers={"bucket": BUCKET},
    rules=[
        {"applyServerSideEncryptionByDefault": {"sseAlgorithm": "aws:kms", "kmsMasterKeyId": KEY}}
    ],
)
DATABASE = made("aws:rds/cluster:Cluster", "database", engine="postgres", storageEncrypted=True)
LISTENER = made("aws:lb/listener:Listener", "door", protocol="HTTPS", port=443, sslPolicy="x")
GROUP = made("aws:ec2/securityGroup:SecurityGroup", "door", description="The door")
ROLE_POLICY = "aws:iam/rolePolicy:RolePolicy"
READ = {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::artifacts/*"}


def without(resource: Resource, *inputs: str) -> Resource:
    left = {key: value for key, value in resource.inputs.items() if key not in inputs}
    return resource.model_copy(update={"inputs": left})


def admits(source: str) -> Resource:
    return made(
        "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule",
        refers={"securityGroupId": GROUP},
        cidrIpv4=source,
        ipProtocol="tcp",
        fromPort=22,
        toPort=22,
    )


def task(containers: str) -> Resource:
    return made("aws:ecs/taskDefinition:TaskDefinition", containerDefinitions=containers)


class Case(NamedTuple):
    check: str
    """What Checkov has to find among `wrong`, and not among `right`."""
    right: tuple[Resource, ...]
    wrong: tuple[Resource, ...]


WRONGS: dict[str, Case] = {
    "a bucket that may be public": Case("CKV_AWS_53", (BUCKET, CLOSED), (BUCKET, OPEN)),
    "a bucket without a block": Case("CKV2_AWS_6", (BUCKET, CLOSED), (BUCKET,)),
    "a bucket without a key": Case("CKV_AWS_145", (BUCKET, ENCRYPTED), (BUCKET,)),
    "a database in plain text": Case(
        "CKV_AWS_96", (DATABASE,), (without(DATABASE, "storageEncrypted"),)
    ),
    "a listener in plain text": Case(
        "CKV_AWS_2",
        (LISTENER,),
        (made("aws:lb/listener:Listener", protocol="HTTP", defaultActions=[{"type": "forward"}]),),
    ),
    "a port open to the world": Case(
        "CKV_AWS_24", (GROUP, admits("10.0.0.0/8")), (GROUP, admits("0.0.0.0/0"))
    ),
    "a role that may do everything": Case(
        "CKV_AWS_62",
        (made(ROLE_POLICY, policy=policy(READ)),),
        (made(ROLE_POLICY, policy=policy({**READ, "Action": "*", "Resource": "*"})),),
    ),
    "a task that can write its root": Case(
        "CKV_AWS_336",
        (task('[{"name": "server", "readonlyRootFilesystem": true}]'),),
        (task('[{"name": "server"}]'),),
    ),
    "a cluster nobody looks into": Case(
        "CKV_AWS_65",
        (
            made(
                "aws:ecs/cluster:Cluster",
                settings=[{"name": "containerInsights", "value": "enabled"}],
            ),
        ),
        (made("aws:ecs/cluster:Cluster", settings=[]),),
    ),
}


def apart(number: int, resources: Iterable[Resource]) -> Iterator[Resource]:
    """The resources under names of their own, so that many cases go into one scan."""
    for resource in resources:
        references = {
            key: tuple(f"{urn}-{number}" for urn in urns)
            for key, urns in resource.references.items()
        }
        changes = {"urn": f"{resource.urn}-{number}", "name": f"case-{number}"}
        yield resource.model_copy(update={**changes, "references": references})


def failures(cases: Iterable[tuple[Resource, ...]]) -> set[tuple[str, int]]:
    """The checks that fail, each with the number of its case."""
    resources = [one for number, case in enumerate(cases) for one in apart(number, case)]
    return {
        (finding.check, int(finding.resource.rpartition("-")[2]))
        for finding in checkov.findings("test", plan(resources))
    }


@pytest.fixture(scope="module")
def found_in_right() -> set[tuple[str, int]]:
    return failures(case.right for case in WRONGS.values())


@pytest.fixture(scope="module")
def found_in_wrong() -> set[tuple[str, int]]:
    return failures(case.wrong for case in WRONGS.values())


@pytest.mark.parametrize("wrong", WRONGS)
def test_checkov_finds_what_is_wrong_and_only_there(
    wrong: str, found_in_right: set[tuple[str, int]], found_in_wrong: set[tuple[str, int]]
) -> None:
    expected = (WRONGS[wrong].check, list(WRONGS).index(wrong))
    assert expected in found_in_wrong
    assert expected not in found_in_right


@pytest.mark.parametrize(
    ("type_", "inputs", "expected"),
    [
        ("aws:sns/topic:Topic", {"kmsMasterKeyId": KEY}, {"kms_master_key_id": KEY}),
        # A map's keys are the user's; a block's are Terraform's.
        ("aws:sns/topic:Topic", {"tags": {"costCentre": "a"}}, {"tags": {"costCentre": "a"}}),
        (
            "aws:lb/targetGroup:TargetGroup",
            {"healthCheck": {"healthyThreshold": 2}},
            {"health_check": [{"healthy_threshold": 2}]},
        ),
        # Where several are possible, Terraform writes each as a block of its own name.
        (
            "aws:lb/listener:Listener",
            {"defaultActions": [{"type": "redirect", "redirect": {"statusCode": "HTTP_301"}}]},
            {"default_action": [{"type": "redirect", "redirect": [{"status_code": "HTTP_301"}]}]},
        ),
        (
            "aws:rds/proxy:Proxy",
            {"auths": [{"secretArn": "a"}], "vpcSubnetIds": ["b", "c"]},
            {"auth": [{"secret_arn": "a"}], "vpc_subnet_ids": ["b", "c"]},
        ),
        (
            "aws:cloudwatch/metricAlarm:MetricAlarm",
            {"metricQueries": [{"returnData": True}]},
            {"metric_query": [{"return_data": True}]},
        ),
        (
            "aws:route53/record:Record",
            {"aliases": [{"evaluateTargetHealth": False}]},
            {"alias": [{"evaluate_target_health": False}]},
        ),
        ("aws:lb/loadBalancer:LoadBalancer", {"enableHttp2": True}, {"enable_http2": True}),
        # A file's content is not part of a plan.
        (
            "aws:lambda/function:Function",
            {"code": {SIGNATURE: "an archive"}, "timeout": 9},
            {"timeout": 9},
        ),
        # What a preview does not know is left out, as a plan leaves it out.
        (
            "aws:lb/loadBalancer:LoadBalancer",
            {"subnets": ["a", UNKNOWN], "name": UNKNOWN},
            {"subnets": ["a"]},
        ),
    ],
)
def test_inputs_are_named_and_nested_as_terraform_does(
    type_: str, inputs: dict[str, Any], expected: dict[str, Any]
) -> None:
    assert values(made(type_, **inputs)) == expected


def test_references_are_kept_also_into_blocks() -> None:
    door = made("aws:lb/loadBalancer:LoadBalancer", "door", refers={"accessLogs": BUCKET})
    _, configured = plan([BUCKET, door])["configuration"]["root_module"]["resources"]
    assert configured["expressions"] == {"access_logs": {"references": ["aws_s3_bucket.artifacts"]}}


def test_a_bucket_is_referred_to_also_by_way_of_its_policy() -> None:
    policy_of_it = made("aws:s3/bucketPolicy:BucketPolicy", "p", refers={"bucket": BUCKET})
    kept = made(
        "aws:s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration",
        refers={"bucket": policy_of_it},
    )
    configured = plan([BUCKET, policy_of_it, kept])["configuration"]["root_module"]["resources"]
    assert configured[2]["expressions"]["bucket"]["references"] == [
        "aws_s3_bucket_policy.p",
        "aws_s3_bucket.artifacts",
    ]


def test_two_resources_of_one_name_get_two_addresses() -> None:
    other = BUCKET.model_copy(update={"urn": BUCKET.urn + "-of-another-component"})
    changes = plan([BUCKET, other])["resource_changes"]
    assert [change["address"] for change in changes] == [
        "aws_s3_bucket.artifacts",
        "aws_s3_bucket.artifacts-2",
    ]


def test_only_resources_of_aws_are_terraforms() -> None:
    component = made("mlflow-ha:aws:Network")
    assert plan([component, made("pulumi:providers:aws")])["resource_changes"] == []


def test_a_type_whose_name_is_unknown_is_refused_not_skipped() -> None:
    with pytest.raises(names.UnknownNameError, match="Add it to TYPES"):
        plan([made("aws:ec2/instance:Instance")])


def test_a_scan_that_lost_a_resource_is_refused() -> None:
    lost = plan([BUCKET])
    lost["planned_values"]["root_module"]["resources"].clear()
    with pytest.raises(checkov.ScanError, match="0 of 1 resources"):
        checkov.findings("prod", lost)


def test_a_scanner_that_cannot_be_installed_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(checkov, "INSTALL", Path("/bin/false"))
    with pytest.raises(checkov.ScanError, match="could not be installed"):
        checkov.findings("prod", plan([BUCKET]))
