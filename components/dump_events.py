"""How dumps are counted: EventBridge sees each task end, and counts the rules that it triggers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pulumi
from pulumi import Input, Output, ResourceOptions
from pulumi_aws import cloudwatch

from components.iam import allow, document
from components.resource_policy import granted_to, service
from components.tags import named

_WRITERS = ("events.amazonaws.com", "delivery.logs.amazonaws.com")
FAILED_TO_START = "TaskFailedToStart"


@dataclass(frozen=True, kw_only=True)
class DumpEventsArgs:
    """Which tasks are counted.

    Attributes:
        environment: Names the policy that lets EventBridge write.
        cluster_arn: ECS cluster they run in.
        family: Of their task definition.
        log_key_arn: Encrypts what EventBridge writes down.
        log_days: How long that is kept.
        tags: On everything that can have them.
    """

    environment: str
    cluster_arn: Input[str]
    family: str
    log_key_arn: Input[str]
    log_days: int
    tags: dict[str, str]


class DumpEvents(pulumi.ComponentResource):
    """A rule for dumps that succeeded and one for those that failed; both write into a log."""

    done_rule: Output[str]
    failed_rule: Output[str]

    def __init__(
        self, name: str, args: DumpEventsArgs, opts: ResourceOptions | None = None
    ) -> None:
        super().__init__("mlflow-ha:aws:DumpEvents", name, None, opts)
        self._name, self._args = name, args
        self._child = ResourceOptions(parent=self)
        self._log = cloudwatch.LogGroup(
            f"{name}-events",
            name_prefix=f"/aws/events/{name}-",
            kms_key_id=args.log_key_arn,
            retention_in_days=args.log_days,
            tags=named(args.tags, f"{name}-events"),
            opts=self._child,
        )
        self._writable = cloudwatch.LogResourcePolicy(
            f"{name}-events",
            policy_name=f"mlflow-ha-{args.environment}-dump-events",
            policy_document=document(
                granted_to(
                    service(*_WRITERS),
                    allow(
                        ["logs:CreateLogStream", "logs:PutLogEvents"],
                        [Output.concat(self._log.arn, ":*")],
                    ),
                )
            ),
            opts=self._child,
        )
        self.done_rule = self._rule("done", {"containers": {"exitCode": [0]}})
        failed = [
            {"containers": {"exitCode": [{"anything-but": [0]}]}},
            {"stopCode": [FAILED_TO_START]},
        ]
        self.failed_rule = self._rule("failed", {"$or": failed})
        self.register_outputs({"done_rule": self.done_rule, "failed_rule": self.failed_rule})

    def _rule(self, which: str, ended: dict[str, Any]) -> Output[str]:
        """Register a rule for tasks that ended so.

        https://docs.aws.amazon.com/AmazonECS/latest/developerguide/ecs_task_events.html
        """
        name = f"{self._name}-{which}"
        rule = cloudwatch.EventRule(
            name,
            event_pattern=Output.json_dumps(
                {
                    "source": ["aws.ecs"],
                    "detail-type": ["ECS Task State Change"],
                    "detail": {
                        "clusterArn": [self._args.cluster_arn],
                        "group": [f"family:{self._args.family}"],
                        "lastStatus": ["STOPPED"],
                        **ended,
                    },
                }
            ),
            tags=named(self._args.tags, name),
            opts=self._child,
        )
        cloudwatch.EventTarget(
            name,
            rule=rule.name,
            arn=self._log.arn,
            opts=ResourceOptions(parent=self, depends_on=[self._writable]),
        )
        return rule.name
