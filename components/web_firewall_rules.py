"""What the firewall looks for, in order, and what it only counts.

A body rule that blocks would refuse ordinary use: a parameter may be SQL or HTML, and an artifact is
any file of any size. AWS reads only the first 8 KiB of a body at a load balancer, and the common
rules refuse what is longer.
https://docs.aws.amazon.com/waf/latest/developerguide/aws-managed-rule-groups-baseline.html
"""

from dataclasses import dataclass

from pulumi_aws import wafv2

WINDOW_SECONDS = 300
"""Over which requests of one address are counted; WAF offers 60, 120, 300 and 600."""


@dataclass(frozen=True, kw_only=True)
class ManagedGroup:
    """A group of rules that AWS keeps up to date.

    Attributes:
        name: As AWS calls it.
        only_counted: Rules of it that would refuse what MLflow's clients send; they are counted,
            and the counts are seen in CloudWatch and in the log.
    """

    name: str
    only_counted: tuple[str, ...] = ()


MANAGED_GROUPS = (
    ManagedGroup(name="AWSManagedRulesAmazonIpReputationList"),
    ManagedGroup(
        name="AWSManagedRulesCommonRuleSet",
        only_counted=(
            "SizeRestrictions_BODY",
            "SizeRestrictions_QUERYSTRING",
            "CrossSiteScripting_BODY",
            "CrossSiteScripting_QUERYARGUMENTS",
            "EC2MetaDataSSRF_BODY",
            "GenericLFI_BODY",
            "GenericLFI_QUERYARGUMENTS",
            "GenericLFI_URIPATH",
            "GenericRFI_BODY",
            "GenericRFI_QUERYARGUMENTS",
            "GenericRFI_URIPATH",
            "NoUserAgent_HEADER",
            "RestrictedExtensions_QUERYARGUMENTS",
            "RestrictedExtensions_URIPATH",
        ),
    ),
    ManagedGroup(
        name="AWSManagedRulesKnownBadInputsRuleSet",
        only_counted=(
            "JavaDeserializationRCE_BODY",
            "JavaDeserializationRCE_QUERYSTRING",
            "Log4JRCE_BODY",
            "Log4JRCE_QUERYSTRING",
            "ReactJSRCE_BODY",
        ),
    ),
)
"""Addresses first, then requests. Paths and queries carry names of artifacts, which may look like
files of a system (`model.ini`) and are not; clients in other languages send no User-Agent."""


def rules(requests_per_address: int) -> list[wafv2.WebAclRuleArgs]:
    """Return the rules of the firewall.

    Args:
        requests_per_address: More than so many in `WINDOW_SECONDS` from one address are refused
            until it asks for less. A team of trainers may share one address.
    """
    limit = wafv2.WebAclRuleArgs(
        name="TooManyRequests",
        priority=0,
        action=wafv2.WebAclRuleActionArgs(
            block=wafv2.WebAclRuleActionBlockArgs(
                # Clients retry a 429 later, and give up on a 403.
                custom_response=wafv2.WebAclRuleActionBlockCustomResponseArgs(response_code=429)
            )
        ),
        statement=wafv2.WebAclRuleStatementArgs(
            rate_based_statement=wafv2.WebAclRuleStatementRateBasedStatementArgs(
                aggregate_key_type="IP",
                limit=requests_per_address,
                evaluation_window_sec=WINDOW_SECONDS,
            )
        ),
        visibility_config=_seen_as("TooManyRequests"),
    )
    return [
        limit,
        *(_managed(group, place) for place, group in enumerate(MANAGED_GROUPS, start=1)),
    ]


def _managed(group: ManagedGroup, priority: int) -> wafv2.WebAclRuleArgs:
    return wafv2.WebAclRuleArgs(
        name=group.name,
        priority=priority,
        override_action=wafv2.WebAclRuleOverrideActionArgs(
            none=wafv2.WebAclRuleOverrideActionNoneArgs()  # type: ignore[no-untyped-call]  # of the SDK
        ),
        statement=wafv2.WebAclRuleStatementArgs(
            managed_rule_group_statement=wafv2.WebAclRuleStatementManagedRuleGroupStatementArgs(
                vendor_name="AWS",
                name=group.name,
                rule_action_overrides=[_counted(rule) for rule in group.only_counted],
            )
        ),
        visibility_config=_seen_as(group.name),
    )


def _counted(
    rule: str,
) -> wafv2.WebAclRuleStatementManagedRuleGroupStatementRuleActionOverrideArgs:
    count = wafv2.WebAclRuleStatementManagedRuleGroupStatementRuleActionOverrideActionToUseArgs(
        count=wafv2.WebAclRuleStatementManagedRuleGroupStatementRuleActionOverrideActionToUseCountArgs()
    )
    return wafv2.WebAclRuleStatementManagedRuleGroupStatementRuleActionOverrideArgs(
        name=rule, action_to_use=count
    )


def _seen_as(metric: str) -> wafv2.WebAclRuleVisibilityConfigArgs:
    return wafv2.WebAclRuleVisibilityConfigArgs(
        metric_name=metric,
        cloudwatch_metrics_enabled=True,
        # Samples would show session cookies and passwords in the console; the log hides them.
        sampled_requests_enabled=False,
    )
