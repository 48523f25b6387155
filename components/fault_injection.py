"""Faults on purpose: FIS experiments that an alarm ends."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import pulumi
from pulumi import Input, Output, ResourceOptions
from pulumi_aws import cloudwatch, fis, iam

from components.fault_experiments import Experiment
from components.iam import allow_any, assumed_by, document
from components.tags import named

_ACTION, _TARGET = "fault", "hit"
_LOG_SCHEMA = 2


@dataclass(frozen=True, kw_only=True)
class FaultInjectionArgs:
    """Which faults, and when they end.

    Attributes:
        experiments: What there is to be hit in this environment.
        stop_alarm_arn: While it rings, no experiment begins, and one that runs is ended.
        log_key_arn: Encrypts the log; its policy admits "logs".
        log_days: How long it is kept.
        account_id: Whose experiments may have the roles.
        region: Where they run.
        tags: On everything.
    """

    experiments: Sequence[Experiment]
    stop_alarm_arn: Input[str]
    log_key_arn: Input[str]
    log_days: int
    account_id: Input[str]
    region: str
    tags: dict[str, str]


class FaultInjection(pulumi.ComponentResource):
    """A template and a role for each experiment, and a log of all."""

    template_ids: dict[str, Output[str]]
    """By the experiment's name."""

    def __init__(
        self, name: str, args: FaultInjectionArgs, opts: ResourceOptions | None = None
    ) -> None:
        super().__init__("mlflow-ha:aws:FaultInjection", name, None, opts)
        self._args, self._child = args, ResourceOptions(parent=self)
        self._log = cloudwatch.LogGroup(
            name,
            kms_key_id=args.log_key_arn,
            retention_in_days=args.log_days,
            tags=named(args.tags, name),
            opts=self._child,
        )
        self.template_ids = {
            experiment.name: self._template(f"{name}-{experiment.name}", experiment)
            for experiment in args.experiments
        }
        self.register_outputs({"template_ids": self.template_ids})

    def _template(self, name: str, experiment: Experiment) -> Output[str]:
        target = experiment.target
        return fis.ExperimentTemplate(
            name,
            description=experiment.description,
            role_arn=self._role(name, experiment),
            actions=[
                fis.ExperimentTemplateActionArgs(
                    name=_ACTION,
                    action_id=experiment.action,
                    parameters=[
                        fis.ExperimentTemplateActionParameterArgs(key=key, value=value)
                        for key, value in experiment.parameters.items()
                    ],
                    target=fis.ExperimentTemplateActionTargetArgs(key=target.key, value=_TARGET),
                )
            ],
            targets=[
                fis.ExperimentTemplateTargetArgs(
                    name=_TARGET,
                    resource_type=target.resource_type,
                    selection_mode=target.how_many,
                    resource_arns=list(target.arns) or None,
                    parameters=dict(target.parameters) or None,
                )
            ],
            stop_conditions=[
                fis.ExperimentTemplateStopConditionArgs(
                    source="aws:cloudwatch:alarm", value=self._args.stop_alarm_arn
                )
            ],
            # An action without a target would otherwise be skipped, and the drill prove nothing.
            experiment_options=fis.ExperimentTemplateExperimentOptionsArgs(
                account_targeting="single-account", empty_target_resolution_mode="fail"
            ),
            log_configuration=fis.ExperimentTemplateLogConfigurationArgs(
                log_schema_version=_LOG_SCHEMA,
                cloudwatch_logs_configuration=fis.ExperimentTemplateLogConfigurationCloudwatchLogsConfigurationArgs(
                    log_group_arn=Output.concat(self._log.arn, ":*")
                ),
            ),
            tags=named(self._args.tags, name),
            opts=self._child,
        ).id

    def _role(self, name: str, experiment: Experiment) -> Output[str]:
        args = self._args
        ours = Output.concat("arn:aws:fis:", args.region, ":", args.account_id, ":experiment/*")
        role = iam.Role(
            name,
            assume_role_policy=assumed_by(
                "fis.amazonaws.com",
                conditions={
                    "StringEquals": {"aws:SourceAccount": args.account_id},
                    "ArnLike": {"aws:SourceArn": ours},
                },
            ),
            tags=named(args.tags, name),
            opts=self._child,
        )
        policy = document(
            *experiment.statements,
            allow_any(
                ["tag:GetResources"],
                because="FIS resolves targets by the tagging service, which knows no resource",
            ),
            allow_any(
                [
                    "logs:CreateLogDelivery",
                    "logs:PutResourcePolicy",
                    "logs:DescribeResourcePolicies",
                    "logs:DescribeLogGroups",
                ],
                because="log deliveries are set up for the account and not for one group",
            ),
        )
        iam.RolePolicy(name, role=role.name, policy=policy, opts=self._child)
        if experiment.managed_policy:
            iam.RolePolicyAttachment(
                name, role=role.name, policy_arn=experiment.managed_policy, opts=self._child
            )
        return role.arn
