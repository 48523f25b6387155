"""What the provider makes up has the shape of what AWS returns, and is the same every time."""

import re
from typing import Any

import pytest

from tests.unit.recording_provider.conftest import urn
from tools.recording_provider import outputs, values


def created(
    token: str, inputs: dict[str, Any], previous: dict[str, Any] | None = None
) -> dict[str, Any]:
    identifier, made = outputs.created(
        token, urn(token, "thing"), inputs, region="eu-west-1", previous=previous
    )
    return {"id": identifier, **made}


@pytest.mark.parametrize(
    ("token", "inputs", "shapes"),
    [
        (
            "aws:ec2/vpc:Vpc",
            {},
            {"id": r"vpc-[0-9a-f]{17}", "arn": r"arn:aws:ec2:eu-west-1:123456789012:vpc/vpc-\w+"},
        ),
        (
            "aws:rds/cluster:Cluster",
            {"engine": "postgres", "clusterIdentifier": "db"},
            {
                "id": "db",
                "arn": "arn:aws:rds:eu-west-1:123456789012:cluster:db",
                "endpoint": r"db\.cluster-\w+\.eu-west-1\.rds\.amazonaws\.com",
                "clusterResourceId": r"cluster-[0-9A-F]+",
                "port": "5432",
            },
        ),
        (
            "aws:lb/loadBalancer:LoadBalancer",
            {"name": "door"},
            {
                "id": r"arn:aws:elasticloadbalancing:eu-west-1:123456789012:loadbalancer/app/door/\w{16}",
                "arnSuffix": r"app/door/\w{16}",
                "dnsName": r"door-\w+\.eu-west-1\.elb\.amazonaws\.com",
            },
        ),
        ("aws:s3/bucket:Bucket", {}, {"id": r"thing-\w{7}", "arn": r"arn:aws:s3:::thing-\w{7}"}),
        (
            "aws:ecs/taskDefinition:TaskDefinition",
            {"family": "f", "containerDefinitions": "[]"},
            {"arn": "arn:aws:ecs:eu-west-1:123456789012:task-definition/f:1", "revision": "1"},
        ),
        (
            "aws:iam/role:Role",
            {"name": "r", "assumeRolePolicy": "{}"},
            {"id": "r", "arn": "arn:aws:iam::123456789012:role/r"},
        ),
    ],
)
def test_ids_arns_and_addresses_have_the_shape_of_aws(
    token: str, inputs: dict[str, Any], shapes: dict[str, str]
) -> None:
    made = created(token, inputs)
    for name, shape in shapes.items():
        assert re.fullmatch(shape, str(made[name])), f"{name}: {made[name]}"


def test_the_same_resource_gets_the_same_id_every_time() -> None:
    assert created("aws:ec2/vpc:Vpc", {}) == created("aws:ec2/vpc:Vpc", {})


def test_a_replacement_gets_another_id() -> None:
    first = created("aws:ec2/vpc:Vpc", {})
    assert created("aws:ec2/vpc:Vpc", {}, first)["id"] != first["id"]


def test_a_new_task_definition_is_the_next_revision() -> None:
    token = "aws:ecs/taskDefinition:TaskDefinition"
    inputs = {"family": "f", "containerDefinitions": "[]"}
    second = created(token, inputs, created(token, inputs))
    assert second["revision"] == 2
    assert second["arn"].endswith(":task-definition/f:2")


def test_what_was_given_is_given_back_braces_and_secrets_and_all() -> None:
    secret = {values.SIGNATURE: "1b47061264138c4ac30d75fd1eb44270", "value": "{x}"}
    made = created(
        "aws:secretsmanager/secretVersion:SecretVersion",
        {"secretId": "arn:s", "secretString": secret},
    )
    assert made["secretString"] == secret
    tagged = created("aws:ec2/vpc:Vpc", {"tags": {"why": "{because}"}})
    assert tagged["tagsAll"] == {"why": "{because}"}


def test_a_certificate_lists_one_record_for_each_of_its_names() -> None:
    made = created(
        "aws:acm/certificate:Certificate",
        {"domainName": "a.example.com", "subjectAlternativeNames": ["*.b.example.com"]},
    )
    records = [option["resourceRecordName"] for option in made["domainValidationOptions"]]
    assert [record.partition(".")[2] for record in records] == ["a.example.com.", "b.example.com."]


def test_a_preview_knows_what_was_given_and_nothing_else() -> None:
    awaited = outputs.awaited("aws:ec2/vpc:Vpc", {"cidrBlock": "10.0.0.0/16"})
    assert awaited["cidrBlock"] == "10.0.0.0/16"
    assert awaited["arn"] == values.UNKNOWN
