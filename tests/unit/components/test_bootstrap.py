"""Previews only read, a deployment stays in its region and its path, states and images are kept."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from pulumi_aws import Provider

from components.bootstrap import Bootstrap, BootstrapArgs, first_image
from components.deploy_permissions import BOUNDARY
from setting_groups.aws.bootstrap import Bootstrap as BootstrapSettings

SETTINGS = BootstrapSettings.model_validate(
    {
        "region": "us-east-1",
        "owner": "ml-platform",
        "repository": "example/mlflow-ha",
        "environments": {
            "dev": {"region": "us-east-1"},
            "prod": {"region": "us-east-1", "zone_id": "Z0123456789PRD"},
            "prod-dr": {"region": "us-west-2", "zone_id": "Z0123456789PRD"},
        },
    }
)


@pytest.fixture
def seen(recorded: Callable[..., Any]) -> Any:
    def program() -> None:
        Bootstrap(
            "bootstrap",
            BootstrapArgs(
                settings=SETTINGS,
                providers={region: Provider(region, region=region) for region in SETTINGS.regions},
                account_id="123456789012",
                tags={},
            ),
        )

    return recorded(program)


def statements(seen: Any, name: str, kind: str = "aws:iam/rolePolicy:RolePolicy") -> list[Any]:
    (policy,) = [r for r in seen.of(kind) if r.name == name]
    found: list[Any] = json.loads(policy.inputs["policy"])["Statement"]
    return found


def trusted(seen: Any, name: str) -> list[str]:
    (role,) = [r for r in seen.of("aws:iam/role:Role") if r.name == name]
    (trust,) = json.loads(role.inputs["assumeRolePolicy"])["Statement"]
    subjects: list[str] = trust["Condition"]["StringEquals"][
        "token.actions.githubusercontent.com:sub"
    ]
    return subjects


def test_the_home_region_comes_first_and_each_region_once() -> None:
    assert SETTINGS.regions == ("us-east-1", "us-west-2")


def test_a_preview_cannot_change_anything(seen: Any) -> None:
    actions = [a for s in statements(seen, "github-preview") for a in s["Action"]]
    verbs = {action.split(":")[1] for action in actions}
    reading = ("Describe", "Get", "List", "View", "Decrypt")
    assert [verb for verb in verbs if not verb.startswith(reading)] == []


def test_a_preview_reads_no_secret_and_no_artifact(seen: Any) -> None:
    for statement in statements(seen, "github-preview"):
        assert "secretsmanager:GetSecretValue" not in statement["Action"]
        if "s3:GetObject" in statement["Action"]:
            assert all(arn.endswith("/.pulumi/*") for arn in statement["Resource"])


def test_a_deployment_reads_no_secret_value(seen: Any) -> None:
    actions = [a for s in statements(seen, "github-deploy-prod") for a in s["Action"]]
    assert not {"secretsmanager:GetSecretValue", "secretsmanager:*", "*"} & set(actions)


def test_a_deploy_role_is_taken_from_its_own_environment_of_one_repository(seen: Any) -> None:
    assert trusted(seen, "github-deploy-prod") == ["repo:example/mlflow-ha:environment:prod"]
    assert not any("*" in subject for subject in trusted(seen, "github-preview"))


def test_a_deployment_builds_in_its_region_alone(seen: Any) -> None:
    regions = [
        region
        for s in statements(seen, "github-deploy-prod-dr")
        for region in s.get("Condition", {}).get("StringEquals", {}).get("aws:RequestedRegion", [])
    ]
    assert set(regions) == {"us-west-2"}


def test_what_is_made_cannot_be_given_more_than_the_boundary(seen: Any) -> None:
    limit = f"arn:aws:iam::123456789012:policy/{BOUNDARY}"
    for statement in statements(seen, "github-deploy-prod"):
        if {"iam:CreateRole", "iam:PutRolePolicy", "iam:AttachRolePolicy"} & set(
            statement["Action"]
        ):
            assert statement["Resource"] == ["arn:aws:iam::123456789012:role/mlflow-ha/prod/*"]
            assert statement["Condition"]["StringEquals"] == {"iam:PermissionsBoundary": [limit]}


def test_every_role_of_github_s_is_inside_the_boundary(seen: Any) -> None:
    assert all("permissionsBoundary" in r.inputs for r in seen.of("aws:iam/role:Role"))


def test_a_deployment_touches_no_other_environment_s_state(seen: Any) -> None:
    for statement in statements(seen, "github-deploy-prod"):
        if "s3:PutObject" in statement["Action"]:
            assert all("/prod/" in arn or "/prod.json" in arn for arn in statement["Resource"])


def test_the_boundary_keeps_the_states_and_opens_no_shell(seen: Any) -> None:
    denied = [
        action
        for s in statements(seen, "github-boundary", "aws:iam/policy:Policy")
        if s["Effect"] == "Deny"
        for action in s["Action"]
    ]
    assert {"ecs:ExecuteCommand", "s3:DeleteBucket*", "kms:ScheduleKeyDeletion"} <= set(denied)


def test_an_environment_without_a_zone_may_change_no_name(seen: Any) -> None:
    actions = [a for s in statements(seen, "github-deploy-dev") for a in s["Action"]]
    assert not any(action.startswith("route53:") for action in actions)


def test_old_states_can_be_brought_back(seen: Any) -> None:
    statuses = [
        r.inputs["versioningConfiguration"]["status"]
        for r in seen.of("aws:s3/bucketVersioning:BucketVersioning")
    ]
    assert statuses == ["Enabled"] * len(SETTINGS.regions)


def test_a_tag_never_moves_and_images_reach_every_region(seen: Any) -> None:
    repositories = seen.of("aws:ecr/repository:Repository")
    assert {r.inputs["imageTagMutability"] for r in repositories} == {"IMMUTABLE"}
    (replication,) = seen.of("aws:ecr/replicationConfiguration:ReplicationConfiguration")
    (rule,) = replication.inputs["replicationConfiguration"]["rules"]
    assert [d["region"] for d in rule["destinations"]] == ["us-west-2"]


def test_a_policy_fits_where_iam_keeps_it(seen: Any) -> None:
    # https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html: characters
    # without white space, 10,240 for a role's inline policies and 6,144 for a managed one.
    for kind, most in (("aws:iam/rolePolicy:RolePolicy", 10_240), ("aws:iam/policy:Policy", 6_144)):
        for policy in seen.of(kind):
            text = json.dumps(json.loads(policy.inputs["policy"]), separators=(",", ":"))
            assert len(text) <= most, policy.name


def test_the_first_image_is_for_graviton_and_goes_into_the_home_region_s_repository() -> None:
    url = "123456789012.dkr.ecr.us-east-1.amazonaws.com/mlflow-ha"
    commands = first_image(url, "us-east-1")
    assert f"--platform linux/arm64 --provenance=false --tag {url}:$TAG --push server" in commands
    assert f"{url}@DIGEST" in commands
