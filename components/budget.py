"""What an environment may cost in a month, and who is told when it is about to cost more."""

from __future__ import annotations

from dataclasses import dataclass

import pulumi
from pulumi import Input, ResourceOptions
from pulumi_aws import budgets

from components.tags import PREFIX
from observability.catalogue import BUDGET

_SPENT_PERCENT, _FORECAST_PERCENT = 80, 100


@dataclass(frozen=True, kw_only=True)
class BudgetArgs:
    """How much, of which environment, and who is told."""

    environment: str
    monthly_usd: int
    topic_arn: Input[str]
    tags: dict[str, str]


class Budget(pulumi.ComponentResource):
    """A monthly budget of what carries the environment's tag.

    The tag has to be activated once for the account: Billing, "Cost allocation tags". Until then it
    counts nothing.
    """

    def __init__(self, name: str, args: BudgetArgs, opts: ResourceOptions | None = None) -> None:
        super().__init__("mlflow-ha:aws:Budget", name, None, opts)
        budgets.Budget(
            f"{name}-monthly",
            name=f"mlflow-ha-{args.environment}-{BUDGET.name}",
            budget_type="COST",
            time_unit="MONTHLY",
            limit_amount=str(args.monthly_usd),
            limit_unit="USD",
            cost_filters=[
                budgets.BudgetCostFilterArgs(
                    name="TagKeyValue", values=[f"user:{PREFIX}environment${args.environment}"]
                )
            ],
            notifications=[
                _at("ACTUAL", _SPENT_PERCENT, args.topic_arn),
                _at("FORECASTED", _FORECAST_PERCENT, args.topic_arn),
            ],
            tags=args.tags,
            opts=ResourceOptions(parent=self),
        )
        self.register_outputs({})


def _at(kind: str, percent: int, topic_arn: Input[str]) -> budgets.BudgetNotificationArgs:
    return budgets.BudgetNotificationArgs(
        notification_type=kind,
        comparison_operator="GREATER_THAN",
        threshold=percent,
        threshold_type="PERCENTAGE",
        subscriber_sns_topic_arns=[topic_arn],
    )
