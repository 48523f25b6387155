"""Backups are locked as asked, kept as long as asked, and copied only where there is a place."""

from collections.abc import Callable
from typing import Any

import pytest

from components.backup import Backup, BackupArgs, Saved
from setting_groups.aws.recovery import Recovery, SecondRegion

KEY = "arn:aws:kms:us-east-1:123456789012:key/backups"
THERE = "arn:aws:backup:us-west-2:123456789012:backup-vault:there"
LOCK = "aws:backup/vaultLockConfiguration:VaultLockConfiguration"
SAVED = Saved(
    database_arn="arn:aws:rds:us-east-1:123456789012:cluster:mlflow",
    bucket_arn="arn:aws:s3:::artifacts",
    bucket_key_arn="arn:aws:kms:us-east-1:123456789012:key/artifacts",
)


@pytest.fixture
def backup(recorded: Callable[..., Any]) -> Callable[..., Any]:
    def make(
        recovery: Recovery | None = None, *, saved: Saved | None = SAVED, protected: bool = True
    ) -> Any:
        args = BackupArgs(
            recovery=recovery or Recovery(),
            saved=saved,
            key_arn=KEY,
            topic_arn="arn:aws:sns:us-east-1:123456789012:all",
            account_id="123456789012",
            protected=protected,
            tags={},
        )
        return recorded(lambda: Backup("own", args))

    return make


def rules(seen: Any) -> dict[str, dict[str, Any]]:
    plans = seen.of("aws:backup/plan:Plan")
    return {rule["ruleName"]: rule for plan in plans for rule in plan.inputs["rules"]}


def second(vault_arn: str | None) -> Recovery:
    region = SecondRegion(
        region="us-west-2",
        bucket_arn="arn:aws:s3:::copy",
        bucket_key_arn="arn:aws:kms:us-west-2:123456789012:key/there",
        vault_arn=vault_arn,
    )
    return Recovery(second_region=region, vault_days=40)


def test_a_governance_lock_can_be_taken_back_and_a_compliance_lock_after_its_grace_not(
    backup: Callable[..., Any],
) -> None:
    (governance,) = backup(Recovery(vault_lock="governance", vault_days=35)).of(LOCK)
    assert governance.inputs["minRetentionDays"] == 35
    assert "changeableForDays" not in governance.inputs
    strict = Recovery(vault_lock="compliance", compliance_grace_days=5)
    (compliance,) = backup(strict).of(LOCK)
    assert compliance.inputs["changeableForDays"] == 5


def test_no_lock_is_none(backup: Callable[..., Any]) -> None:
    assert backup(Recovery(vault_lock="none")).of(LOCK) == []


@pytest.mark.parametrize("recovery", [Recovery(), second(None)])
def test_without_a_vault_elsewhere_nothing_is_copied(
    backup: Callable[..., Any], recovery: Recovery
) -> None:
    assert not any(rule.get("copyActions") for rule in rules(backup(recovery)).values())


def test_backups_of_the_database_are_copied_where_a_vault_is_given_and_kept_as_long(
    backup: Callable[..., Any],
) -> None:
    found = rules(backup(second(THERE)))
    assert found["daily"]["copyActions"] == [
        {"destinationVaultArn": THERE, "lifecycle": {"deleteAfter": 40}}
    ]
    assert not found["continuous"].get("copyActions")


@pytest.mark.parametrize("days", [20, 400])
def test_no_backup_is_deleted_before_the_lock_lets_it_unless_aws_keeps_none_longer(
    backup: Callable[..., Any], days: int
) -> None:
    found = rules(backup(Recovery(vault_days=days)))
    assert found["daily"]["lifecycle"] == {"deleteAfter": days}
    assert found["continuous"]["lifecycle"] == {"deleteAfter": min(days, 35)}


def test_the_database_and_the_artifacts_are_both_saved(backup: Callable[..., Any]) -> None:
    chosen = backup().of("aws:backup/selection:Selection")
    saved = [arn for each in chosen for arn in each.inputs["resources"]]
    assert sorted(saved) == sorted([str(SAVED.database_arn), str(SAVED.bucket_arn)])


def test_a_region_that_stands_by_has_a_vault_and_no_plan(backup: Callable[..., Any]) -> None:
    seen = backup(saved=None)
    assert len(seen.of("aws:backup/vault:Vault")) == 1
    assert seen.of("aws:backup/plan:Plan") == []
    assert seen.of("aws:iam/role:Role") == []


@pytest.mark.parametrize("protected", [True, False])
def test_a_full_vault_goes_only_where_it_is_not_protected(
    backup: Callable[..., Any], *, protected: bool
) -> None:
    (vault,) = backup(protected=protected).of("aws:backup/vault:Vault")
    assert vault.inputs["forceDestroy"] is not protected
    assert vault.inputs["kmsKeyArn"] == KEY
