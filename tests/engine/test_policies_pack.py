"""The real command line runs the rules as a policy pack, and a violation fails the command.

`pulumi policy analyze` reads a state and needs neither program nor provider; `pulumi preview` of
production shows that values which are not known yet stop no rule.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from policies.rules import RULES, name
from tests.engine.conftest import Reopen
from tests.engine.registered import Environment
from tools.engine import command

PACK = command.ROOT / "policies" / "crossguard" / "__main__.py"
URN = "urn:pulumi:dev::mlflow-ha"
STACK = f"{URN}::pulumi:pulumi:Stack::mlflow-ha-dev"
PROVIDER = f"{URN}::pulumi:providers:aws::default"
TAGS = {
    "mlflow-ha:environment": "dev",
    "mlflow-ha:owner": "ml-platform",
    "mlflow-ha:managed-by": "pulumi",
}


def state(*resources: dict[str, Any]) -> str:
    provider = {
        "urn": PROVIDER,
        "type": "pulumi:providers:aws",
        "custom": True,
        "id": "one",
        "inputs": {"region": "us-east-1"},
    }
    stack = {"urn": STACK, "type": "pulumi:pulumi:Stack", "custom": False}
    manifest = {"time": "2026-01-01T00:00:00Z", "magic": "", "version": ""}
    deployment = {"manifest": manifest, "resources": [stack, provider, *resources]}
    return json.dumps({"version": 3, "deployment": deployment})


def resource(type_: str, *, bucket: str | None = None, **properties: Any) -> dict[str, Any]:
    needs = {"dependencies": [bucket], "propertyDependencies": {"bucket": [bucket]}}
    return {
        "urn": f"{URN}::{type_}::artifacts",
        "type": type_,
        "custom": True,
        "id": "artifacts",
        "parent": STACK,
        "provider": f"{PROVIDER}::one",
        "inputs": properties,
        "outputs": properties,
        **(needs if bucket else {}),
    }


BUCKET = resource("aws:s3/bucket:Bucket", tags=TAGS)


@pytest.fixture(scope="module")
def pulumi() -> Path:
    return command.installed()


def analyze(pulumi: Path, folder: Path, *resources: dict[str, Any]) -> tuple[int, str]:
    file = folder / "state.json"
    file.write_text(state(*resources))
    own = {
        "PULUMI_HOME": str(folder / "home"),
        "PULUMI_SKIP_UPDATE_CHECK": "true",
        "PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION": "true",
    }
    return command.run(
        [pulumi / "pulumi", "policy", "analyze", "--file", file, "--policy-pack", PACK],
        environment=command.with_path(pulumi, command.isolated(own)),
    )


def test_a_violation_is_named_and_fails_the_command(pulumi: Path, tmp_path: Path) -> None:
    code, output = analyze(pulumi, tmp_path, BUCKET)
    assert code != 0
    assert "[mandatory]  buckets-are-closed  (aws:s3:Bucket: artifacts)" in output
    assert "no BucketPublicAccessBlock. Register one for it" in output


def test_the_same_resources_without_it_are_not_named(pulumi: Path, tmp_path: Path) -> None:
    block = resource(
        "aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock",
        bucket=BUCKET["urn"],
        blockPublicAcls=True,
        blockPublicPolicy=True,
        ignorePublicAcls=True,
        restrictPublicBuckets=True,
    )
    _, output = analyze(pulumi, tmp_path, BUCKET, block)
    assert "buckets-are-encrypted" in output
    assert "buckets-are-closed" not in output


def test_a_stack_that_satisfies_every_rule_passes(pulumi: Path, tmp_path: Path) -> None:
    code, output = analyze(pulumi, tmp_path, resource("aws:sns/topicPolicy:TopicPolicy"))
    assert code == 0, output
    assert not any(name(rule) in output for rule in RULES)


def test_production_can_be_previewed_under_the_pack(
    environment: Environment, reopen: Reopen
) -> None:
    with reopen(environment("prod")) as engine:
        preview = engine.preview("--policy-pack", str(PACK))
    assert preview.succeeded, preview.output
    assert "mlflow-ha@v1.0.0" in preview.output
