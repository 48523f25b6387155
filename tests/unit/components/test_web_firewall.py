"""The firewall refuses floods and known attacks, and never a body, a path or a query of MLflow's."""

from collections.abc import Callable
from typing import Any

import pytest

from components.web_firewall import WebFirewall, WebFirewallArgs
from components.web_firewall_rules import MANAGED_GROUPS


@pytest.fixture
def seen(recorded: Callable[..., Any]) -> Any:
    args = WebFirewallArgs(
        load_balancer_arn="arn:balancer",
        requests_per_address=60_000,
        log_key_arn="arn:key",
        log_days=30,
        tags={},
    )
    return recorded(lambda: WebFirewall("firewall", args))


def rules(seen: Any) -> dict[str, dict[str, Any]]:
    (acl,) = seen.of("aws:wafv2/webAcl:WebAcl")
    return {rule["name"]: rule for rule in acl.inputs["rules"]}


@pytest.mark.parametrize("group", MANAGED_GROUPS[1:], ids=lambda group: group.name)
def test_body_rules_only_count(seen: Any, group: Any) -> None:
    overrides = rules(seen)[group.name]["statement"]["managedRuleGroupStatement"][
        "ruleActionOverrides"
    ]
    counted = {o["name"] for o in overrides if "count" in o["actionToUse"]}
    assert counted == set(group.only_counted)
    assert any(name.endswith("_BODY") for name in counted)


def test_a_body_of_any_size_passes(seen: Any) -> None:
    common = next(g for g in MANAGED_GROUPS if g.name == "AWSManagedRulesCommonRuleSet")
    assert "SizeRestrictions_BODY" in common.only_counted
    assert common.name in rules(seen)


def test_many_trainers_behind_one_address_are_told_to_come_later(seen: Any) -> None:
    limit = rules(seen)["TooManyRequests"]
    assert limit["statement"]["rateBasedStatement"]["limit"] == 60_000
    assert limit["action"]["block"]["customResponse"]["responseCode"] == 429


def test_no_two_rules_have_the_same_place(seen: Any) -> None:
    places = [rule["priority"] for rule in rules(seen).values()]
    assert len(places) == len(set(places)) == 1 + len(MANAGED_GROUPS)


def test_passwords_and_sessions_are_neither_logged_nor_sampled(seen: Any) -> None:
    (log,) = seen.of("aws:wafv2/webAclLoggingConfiguration:WebAclLoggingConfiguration")
    hidden = {field["singleHeader"]["name"] for field in log.inputs["redactedFields"]}
    assert hidden == {"authorization", "cookie"}
    configs = [rule["visibilityConfig"] for rule in rules(seen).values()]
    assert not any(config["sampledRequestsEnabled"] for config in configs)


def test_its_log_has_the_only_name_that_the_firewall_writes_to(seen: Any) -> None:
    (group,) = seen.of("aws:cloudwatch/logGroup:LogGroup")
    assert group.inputs["namePrefix"] == "aws-waf-logs-"
    assert group.inputs["kmsKeyId"] == "arn:key"
