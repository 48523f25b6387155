"""Everybody is told of everything, the pager of what cannot wait, and nobody else can publish."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from components.alerts import OWN_ALARMS, PUBLISHERS, Alerts, AlertsArgs

KEY = "arn:aws:kms:us-east-1:123456789012:key/alerts"
ACCOUNT = "123456789012"


@pytest.fixture
def alerts(recorded: Callable[..., Any]) -> Callable[..., Any]:
    def make(*, pagers: tuple[str, ...] = ("pager@example.com",)) -> Any:
        args = AlertsArgs(
            emails=["one@example.com", "two@example.com"],
            pager_emails=pagers,
            key_arn=KEY,
            account_id=ACCOUNT,
            tags={},
        )
        return recorded(lambda: Alerts("own", args))

    return make


def receivers(seen: Any) -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    for made in seen.of("aws:sns/topicSubscription:TopicSubscription"):
        found.setdefault(made.inputs["topic"].rpartition(":")[2], set()).add(
            made.inputs["endpoint"]
        )
    return found


def policies(seen: Any) -> list[list[dict[str, Any]]]:
    made = seen.of("aws:sns/topicPolicy:TopicPolicy")
    return [json.loads(each.inputs["policy"])["Statement"] for each in made]


def test_everybody_hears_everything_and_the_pager_has_a_topic_of_its_own(
    alerts: Callable[..., Any],
) -> None:
    assert receivers(alerts()) == {
        "own-all": {"one@example.com", "two@example.com"},
        "own-pager": {"pager@example.com"},
    }


def test_without_a_pager_there_is_no_topic_that_nobody_hears(alerts: Callable[..., Any]) -> None:
    assert len(alerts(pagers=()).of("aws:sns/topic:Topic")) == 1


def test_every_topic_is_encrypted_with_a_key_that_its_publishers_may_use(
    alerts: Callable[..., Any],
) -> None:
    topics = alerts().of("aws:sns/topic:Topic")
    assert [topic.inputs["kmsMasterKeyId"] for topic in topics] == [KEY, KEY]


def test_only_services_publish_and_only_for_this_account_where_they_say_for_whom(
    alerts: Callable[..., Any],
) -> None:
    found = policies(alerts())
    assert len(found) == 2
    for statements in found:
        allowed = {
            statement["Principal"]["Service"]: statement.get("Condition")
            for statement in statements
            if statement["Effect"] == "Allow"
        }
        assert set(allowed) == {f"{service}.amazonaws.com" for service in PUBLISHERS}
        for service in OWN_ALARMS:
            assert allowed[f"{service}.amazonaws.com"] == {
                "StringEquals": {"aws:SourceAccount": ACCOUNT}
            }


def test_nothing_is_published_in_the_clear(alerts: Callable[..., Any]) -> None:
    for statements in policies(alerts()):
        (refused,) = [each for each in statements if each["Effect"] == "Deny"]
        assert refused["Condition"] == {"Bool": {"aws:SecureTransport": "false"}}
        assert refused["Principal"] == "*"
