"""The budget counts one environment, and tells before the money is spent."""

from collections.abc import Callable
from typing import Any

import pytest

import settings
from components.budget import Budget, BudgetArgs
from components.tags import tags

TOPIC = "arn:aws:sns:us-east-1:123456789012:all"


@pytest.fixture
def made(recorded: Callable[..., Any]) -> dict[str, Any]:
    args = BudgetArgs(environment="prod", monthly_usd=1500, topic_arn=TOPIC, tags={})
    (budget,) = recorded(lambda: Budget("own", args)).of("aws:budgets/budget:Budget")
    return dict(budget.inputs)


def test_it_counts_what_carries_the_tag_that_every_resource_of_the_environment_has(
    made: dict[str, Any],
) -> None:
    (wanted,) = made["costFilters"]
    kind, _, pair = wanted["values"][0].partition(":")
    key, _, value = pair.partition("$")
    assert (wanted["name"], kind) == ("TagKeyValue", "user")
    assert tags(settings.load("prod"))[key] == value


def test_it_is_the_months_cost_in_dollars(made: dict[str, Any]) -> None:
    assert (made["limitAmount"], made["limitUnit"], made["timeUnit"]) == ("1500", "USD", "MONTHLY")


def test_somebody_is_told_before_it_is_spent_and_when_it_is_forecast(made: dict[str, Any]) -> None:
    told = {each["notificationType"]: each for each in made["notifications"]}
    assert set(told) == {"ACTUAL", "FORECASTED"}
    assert told["ACTUAL"]["threshold"] < told["FORECASTED"]["threshold"] == 100
    assert all(each["subscriberSnsTopicArns"] == [TOPIC] for each in told.values())
