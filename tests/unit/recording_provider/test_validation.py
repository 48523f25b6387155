"""Inputs are compared with the SDK's own classes: what it lacks is refused, what it needs is asked for."""

import pytest

from tools.recording_provider import schema, validation, values

SUBNET = schema.resource("aws:ec2/subnet:Subnet").inputs
WEB_ACL = schema.resource("aws:wafv2/webAcl:WebAcl").inputs
VISIBLE = {"cloudwatchMetricsEnabled": True, "metricName": "m", "sampledRequestsEnabled": True}
ACL = {"scope": "REGIONAL", "defaultAction": {"allow": {}}, "visibilityConfig": VISIBLE}


def secret(value: object) -> dict[str, object]:
    return {values.SIGNATURE: "1b47061264138c4ac30d75fd1eb44270", "value": value}


def test_right_inputs_are_taken() -> None:
    assert not validation.mistakes(SUBNET, {"vpcId": "vpc-1", "tags": {"any": "thing"}})
    assert not validation.mistakes(WEB_ACL, ACL)


def test_a_missing_required_input_is_named() -> None:
    (mistake,) = validation.mistakes(SUBNET, {"cidrBlock": "10.0.0.0/24"})
    assert mistake.path == "vpcId"
    assert "Subnet needs 'vpcId'" in mistake.reason


def test_an_unknown_input_is_named_with_the_nearest_known() -> None:
    (mistake,) = validation.mistakes(SUBNET, {"vpcId": "vpc-1", "cidrBlok": "10.0.0.0/24"})
    assert mistake.path == "cidrBlok"
    assert "Did you mean 'cidrBlock'?" in mistake.reason


def test_blocks_inside_lists_are_compared_too() -> None:
    rule = {"name": "r", "priority": 1, "statement": {"rateBased": {}}, "visibilityConfig": VISIBLE}
    found = validation.mistakes(WEB_ACL, {**ACL, "rules": [rule]})
    assert [m.path for m in found] == ["rules[0].statement.rateBased"]


def test_a_missing_input_of_a_block_is_named_with_its_place() -> None:
    rule = {"name": "r", "priority": 1, "visibilityConfig": VISIBLE}
    found = validation.mistakes(WEB_ACL, {**ACL, "rules": [rule]})
    assert [m.path for m in found] == ["rules[0].statement"]


@pytest.mark.parametrize("value", [values.UNKNOWN, secret("vpc-1"), secret(values.UNKNOWN)])
def test_what_is_secret_or_not_yet_known_counts_as_given(value: object) -> None:
    assert not validation.mistakes(SUBNET, {"vpcId": value})


@pytest.mark.parametrize(
    ("inputs", "said"),
    [
        ({"vpcId": ["vpc-1"]}, "this is a list, where a single value belongs"),
        ({"vpcId": "vpc-1", "tags": ["a"]}, "this is a list, where a map belongs"),
    ],
)
def test_a_value_of_another_shape_is_refused(inputs: dict[str, object], said: str) -> None:
    assert [m.reason for m in validation.mistakes(SUBNET, inputs)] == [said]


def test_a_type_that_the_sdk_does_not_have_is_refused_by_name() -> None:
    with pytest.raises(schema.UnknownTypeError, match=r"has no resource aws:ec2/vpcc:Vpcc"):
        schema.resource("aws:ec2/vpcc:Vpcc")


def test_a_package_named_like_a_word_of_python_is_found() -> None:
    assert "role" in schema.resource("aws:lambda/function:Function").inputs.required


@pytest.mark.parametrize(
    ("token", "own"),
    [
        ("aws:s3/bucketVersioning:BucketVersioning", "versioningConfiguration"),
        ("aws:wafv2/webAclRule:WebAclRule", "webAclArn"),
    ],
)
def test_a_resource_is_not_taken_for_a_block_of_the_same_name(token: str, own: str) -> None:
    assert own in schema.resource(token).inputs.inputs
