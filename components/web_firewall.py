"""A web application firewall before the load balancer, for those who want one."""

from dataclasses import dataclass

import pulumi
from pulumi import Input, ResourceOptions
from pulumi_aws import cloudwatch, wafv2

from components.tags import named
from components.web_firewall_rules import rules

LOG_NAME = "aws-waf-logs-"
"""WAF writes to log groups only whose names begin so."""

HIDDEN_HEADERS = ("authorization", "cookie")
"""Passwords and sessions; they are not written to the log."""


@dataclass(frozen=True, kw_only=True)
class WebFirewallArgs:
    """Args of `WebFirewall`.

    Args:
        load_balancer_arn: What it stands before.
        requests_per_address: Most requests of one address in five minutes.
        log_key_arn: The key that its log is encrypted with.
        log_days: Days that its log is kept.
        tags: For every resource.
    """

    load_balancer_arn: Input[str]
    requests_per_address: int
    log_key_arn: Input[str]
    log_days: int
    tags: dict[str, str]


class WebFirewall(pulumi.ComponentResource):
    """Admits what no rule refuses, and logs what a rule refused or counted."""

    def __init__(
        self, name: str, args: WebFirewallArgs, opts: ResourceOptions | None = None
    ) -> None:
        super().__init__("mlflow-ha:aws:WebFirewall", name, None, opts)
        child = ResourceOptions(parent=self)
        acl = wafv2.WebAcl(
            name,
            scope="REGIONAL",
            default_action=wafv2.WebAclDefaultActionArgs(
                allow=wafv2.WebAclDefaultActionAllowArgs()
            ),
            rules=rules(args.requests_per_address),
            visibility_config=wafv2.WebAclVisibilityConfigArgs(
                metric_name=name,
                cloudwatch_metrics_enabled=True,
                sampled_requests_enabled=False,
            ),
            tags=named(args.tags, name),
            opts=child,
        )
        wafv2.WebAclAssociation(
            name, resource_arn=args.load_balancer_arn, web_acl_arn=acl.arn, opts=child
        )
        log_group = cloudwatch.LogGroup(
            name,
            name_prefix=LOG_NAME,
            retention_in_days=args.log_days,
            kms_key_id=args.log_key_arn,
            tags=named(args.tags, name),
            opts=child,
        )
        wafv2.WebAclLoggingConfiguration(
            name,
            resource_arn=acl.arn,
            log_destination_configs=[log_group.arn],
            redacted_fields=[_hidden(header) for header in HIDDEN_HEADERS],
            logging_filter=_matches_only(),
            opts=child,
        )
        self.register_outputs({})


def _hidden(header: str) -> wafv2.WebAclLoggingConfigurationRedactedFieldArgs:
    return wafv2.WebAclLoggingConfigurationRedactedFieldArgs(
        single_header=wafv2.WebAclLoggingConfigurationRedactedFieldSingleHeaderArgs(name=header)
    )


def _matches_only() -> wafv2.WebAclLoggingConfigurationLoggingFilterArgs:
    # The balancer's access log has every request already.
    return wafv2.WebAclLoggingConfigurationLoggingFilterArgs(
        default_behavior="DROP",
        filters=[
            wafv2.WebAclLoggingConfigurationLoggingFilterFilterArgs(
                behavior="KEEP",
                requirement="MEETS_ANY",
                conditions=[
                    wafv2.WebAclLoggingConfigurationLoggingFilterFilterConditionArgs(
                        action_condition=wafv2.WebAclLoggingConfigurationLoggingFilterFilterConditionActionConditionArgs(
                            action=action
                        )
                    )
                    for action in ("BLOCK", "COUNT", "EXCLUDED_AS_COUNT")
                ],
            )
        ],
    )
