"""AWS Backup: a vault that keeps what it is given, and plans for what is to be given."""

from __future__ import annotations

from dataclasses import dataclass

import pulumi
from pulumi import Input, Output, ResourceOptions
from pulumi_aws import backup, iam

from components.iam import allow, assumed_by, document
from components.tags import named
from setting_groups.aws.recovery import Recovery

_NIGHTLY = "cron(0 4 * * ? *)"
_START_MINUTES, _DONE_MINUTES = 60, 720
_CONTINUOUS_DAYS = 35
"""The longest that AWS keeps a continuous backup."""
SERVICE_POLICIES = (
    "arn:aws:iam::aws:policy/service-role/AWSBackupServiceRolePolicyForBackup",
    "arn:aws:iam::aws:policy/AWSBackupServiceRolePolicyForS3Backup",
)
"""AWS's own for this role. What the service needs changes with it: a copy would be out of date."""
EVENTS = ("COPY_JOB_FAILED", "RESTORE_JOB_COMPLETED", "S3_BACKUP_OBJECT_FAILED")
"""What no alarm tells. Jobs that fail, or never come, have alarms (observability/recovery.py)."""


@dataclass(frozen=True, kw_only=True)
class Saved:
    """What is backed up.

    Attributes:
        database_arn: Of the instance or the cluster.
        bucket_arn: Of the artifacts.
        bucket_key_arn: What they are encrypted with.
    """

    database_arn: Input[str]
    bucket_arn: Input[str]
    bucket_key_arn: Input[str]


@dataclass(frozen=True, kw_only=True)
class BackupArgs:
    """How long, how safely, and what.

    Attributes:
        recovery: How long backups are kept, the lock, and the vault in the second region.
        saved: None: a vault alone, for copies that come from another region.
        key_arn: Encrypts the vault.
        topic_arn: Is told what went wrong.
        account_id: The account of all these.
        protected: Whether Pulumi refuses to delete the vault; if not, it goes with what is in it.
        tags: On everything that can have them.
    """

    recovery: Recovery
    saved: Saved | None
    key_arn: Input[str]
    topic_arn: Input[str]
    account_id: Input[str]
    protected: bool
    tags: dict[str, str]


class Backup(pulumi.ComponentResource):
    """A vault, its lock, and what is put into it every night.

    The database's own point-in-time recovery stays RDS's: these are snapshots that outlive it. The
    bucket is backed up continuously.
    """

    vault_name: Output[str]
    vault_arn: Output[str]

    def __init__(self, name: str, args: BackupArgs, opts: ResourceOptions | None = None) -> None:
        super().__init__("mlflow-ha:aws:Backup", name, None, opts)
        self._name, self._args = name, args
        self._child = ResourceOptions(parent=self)
        vault = backup.Vault(
            name,
            kms_key_arn=args.key_arn,
            force_destroy=not args.protected,
            tags=named(args.tags, name),
            opts=ResourceOptions(parent=self, protect=args.protected),
        )
        self.vault_name, self.vault_arn = vault.name, vault.arn
        self._lock()
        backup.VaultNotifications(
            name,
            backup_vault_name=vault.name,
            sns_topic_arn=args.topic_arn,
            backup_vault_events=list(EVENTS),
            opts=self._child,
        )
        if args.saved:
            self._save(args.saved)
        self.register_outputs({"vault_name": vault.name, "vault_arn": vault.arn})

    def _lock(self) -> None:
        recovery = self._args.recovery
        if recovery.vault_lock == "none":
            return
        backup.VaultLockConfiguration(
            self._name,
            backup_vault_name=self.vault_name,
            min_retention_days=recovery.vault_days,
            # Left out, who has the right may take the lock away: governance.
            changeable_for_days=recovery.compliance_grace_days,
            opts=self._child,
        )

    def _save(self, saved: Saved) -> None:
        days, copies = self._args.recovery.vault_days, self._copies()
        role = self._role(saved)
        nightly = backup.PlanRuleArgs(
            rule_name="daily",
            target_vault_name=self.vault_name,
            schedule=_NIGHTLY,
            start_window=_START_MINUTES,
            completion_window=_DONE_MINUTES,
            lifecycle=backup.PlanRuleLifecycleArgs(delete_after=days),
            copy_actions=copies,
        )
        continuous = backup.PlanRuleArgs(
            rule_name="continuous",
            target_vault_name=self.vault_name,
            schedule=_NIGHTLY,
            start_window=_START_MINUTES,
            completion_window=_DONE_MINUTES,
            enable_continuous_backup=True,
            lifecycle=backup.PlanRuleLifecycleArgs(delete_after=min(days, _CONTINUOUS_DAYS)),
        )
        self._plan("database", nightly, saved.database_arn, role)
        self._plan("artifacts", continuous, saved.bucket_arn, role)

    def _copies(self) -> list[backup.PlanRuleCopyActionArgs]:
        second = self._args.recovery.second_region
        if not second or not second.vault_arn:
            return []
        kept = backup.PlanRuleCopyActionLifecycleArgs(delete_after=self._args.recovery.vault_days)
        return [
            backup.PlanRuleCopyActionArgs(destination_vault_arn=second.vault_arn, lifecycle=kept)
        ]

    def _plan(
        self, what: str, rule: backup.PlanRuleArgs, arn: Input[str], role_arn: Input[str]
    ) -> None:
        name = f"{self._name}-{what}"
        plan = backup.Plan(name, rules=[rule], tags=named(self._args.tags, name), opts=self._child)
        backup.Selection(
            name, plan_id=plan.id, iam_role_arn=role_arn, resources=[arn], opts=self._child
        )

    def _role(self, saved: Saved) -> Output[str]:
        ours = {"StringEquals": {"aws:SourceAccount": self._args.account_id}}
        role = iam.Role(
            self._name,
            assume_role_policy=assumed_by("backup.amazonaws.com", conditions=ours),
            tags=named(self._args.tags, self._name),
            opts=self._child,
        )
        for policy in SERVICE_POLICIES:
            iam.RolePolicyAttachment(
                f"{self._name}-{policy.rpartition('/')[2]}",
                role=role.name,
                policy_arn=policy,
                opts=self._child,
            )
        keys = [self._args.key_arn, saved.bucket_key_arn]
        actions = ["kms:Decrypt", "kms:DescribeKey", "kms:GenerateDataKey"]
        iam.RolePolicy(
            self._name, role=role.name, policy=document(allow(actions, keys)), opts=self._child
        )
        return role.arn
