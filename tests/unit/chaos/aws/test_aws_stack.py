"""What is taken from a stack's outputs and settings, and which stacks are refused by name."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest

import settings
from chaos.target import TargetError
from chaos.targets.aws_guard import confirm
from chaos.targets.aws_stack import deployed, described

OUTPUTS: dict[str, object] = {
    "endpoint": "https://mlflow.example.com",
    "admin_secret_arn": "arn:aws:secretsmanager:us-east-1:123456789012:secret:admin-a1b2c3",
    "cluster": "fleet",
    "service": "mlflow",
    "database": "mlflow-ha-prod",
    "experiments": {"task-stop": "EXT1"},
}


def test_names_come_from_outputs_and_the_rest_from_settings() -> None:
    stack = described("prod", settings.load("prod"), OUTPUTS)
    assert (stack.cluster, stack.database, stack.experiments) == (
        "fleet",
        "mlflow-ha-prod",
        {"task-stop": "EXT1"},
    )
    assert stack.production
    assert stack.canary_seconds == 60 * settings.load("prod").aws.watch.canary_every_minutes  # type: ignore[union-attr]


@pytest.mark.parametrize("missing", sorted(OUTPUTS))
def test_a_stack_that_does_not_serve_is_refused_with_what_it_lacks(missing: str) -> None:
    outputs = {name: value for name, value in OUTPUTS.items() if name != missing}
    with pytest.raises(TargetError, match=f"no output {missing}.*pulumi up --stack prod-dr"):
        described("prod-dr", settings.load("prod-dr"), outputs)


def test_the_local_cluster_is_no_stack_on_aws() -> None:
    with pytest.raises(TargetError, match="'local' has no aws settings"):
        described("local", settings.load("local"), OUTPUTS)


def test_a_stack_that_nobody_wrote_down_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/nowhere")
    with pytest.raises(TargetError, match="nonesuch"):
        deployed("nonesuch")
    with pytest.raises(TargetError, match="no `pulumi` is on PATH"):
        deployed("dev")


@pytest.mark.parametrize(
    ("script", "told"),
    [
        ("echo 'no stack named dev' >&2; exit 255", "no stack named dev"),
        ("echo Please log in", "printed no JSON"),
        ("sleep 20", "did not answer within 0.2 s"),
    ],
)
def test_what_the_pulumi_cli_says_is_told_as_a_sentence(
    script: str, told: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    cli = tmp_path / "pulumi"
    cli.write_text(f"#!/bin/sh\n{script.replace('sleep', 'exec sleep')}\n")
    cli.chmod(cli.stat().st_mode | stat.S_IXUSR)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=":")
    if "sleep" in script:
        monkeypatch.setattr("chaos.targets.aws_stack._SECONDS", 0.2)
    with pytest.raises(TargetError, match=told):
        deployed("dev")


@pytest.mark.parametrize(
    ("production", "typed", "told"),
    [
        (True, None, "--confirm prod"),
        (True, "staging", "the stack is 'prod'"),
        (True, "yes", "the stack is 'prod'"),
        (True, "", "the stack is 'prod'"),
        (False, "staging", "the stack is 'prod'"),
    ],
)
def test_production_is_broken_only_by_who_types_its_name(
    production: bool, typed: str | None, told: str
) -> None:
    with pytest.raises(TargetError, match=told):
        confirm("prod", production=production, typed=typed)


@pytest.mark.parametrize(("production", "typed"), [(True, "prod"), (False, None), (False, "prod")])
def test_who_typed_the_name_and_who_need_not_are_let_in(
    production: bool, typed: str | None
) -> None:
    confirm("prod", production=production, typed=typed)
