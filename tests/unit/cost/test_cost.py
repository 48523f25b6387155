"""An environment's cost follows from its settings, and each example stays within its budget."""

import re
from decimal import Decimal

import pytest
from typer.testing import CliRunner

from settings import Settings, load
from tools.cost import guide
from tools.cost.bill import bill, fewest, most
from tools.cost.cli import app
from tools.cost.prices import PriceError, known, price

ON_AWS = ("dev", "staging", "prod", "prod-dr")
LAST_LINE = re.compile(r"total: \$\d+\.\d\d per month")


def changed(settings: Settings, **rds: object) -> Settings:
    assert settings.aws
    database = settings.aws.rds.model_copy(update=rds)
    return settings.model_copy(update={"aws": settings.aws.model_copy(update={"rds": database})})


def test_production_at_its_fewest_tasks_costs_what_was_designed_for() -> None:
    assert 500 <= fewest(load("prod")).total <= 1000


@pytest.mark.parametrize("environment", ON_AWS)
def test_every_environment_at_its_most_tasks_is_within_its_budget(environment: str) -> None:
    settings = load(environment)
    assert settings.aws
    assert most(settings).total <= settings.aws.watch.monthly_budget_usd


@pytest.mark.parametrize("form", [[], ["--markdown"]])
@pytest.mark.parametrize("environment", ON_AWS)
def test_the_last_line_is_the_total_and_the_one_before_it_the_most(
    environment: str, form: list[str]
) -> None:
    result = CliRunner().invoke(app, [environment, *form])
    before, last = result.stdout.splitlines()[-2:]
    assert result.exit_code == 0
    assert LAST_LINE.fullmatch(last)
    assert f"${most(load(environment)).total:.2f}" in before


@pytest.mark.parametrize("environment", ON_AWS)
def test_the_lines_add_up_to_the_total(environment: str) -> None:
    one = fewest(load(environment))
    assert sum(line.usd for line in one.lines) == one.total


def test_a_task_more_costs_what_fargate_asks_for_its_size() -> None:
    settings = load("prod")
    hour = Decimal("0.03238") + 2 * Decimal("0.00356") + 25 * Decimal("0.000111")
    more = bill(settings, 4).total - bill(settings, 3).total
    assert abs(more - 730 * hour) < Decimal("0.05")


def test_a_cluster_is_paid_three_times() -> None:
    lines = {line.what: line for line in fewest(load("prod")).lines}
    assert lines["database: 3 x db.m6gd.large"].usd == Decimal("409.53")
    assert lines["database: storage"].usd == Decimal("34.50")
    assert lines["proxy (6 vCPUs)"].usd == Decimal("65.70")


def test_a_proxy_of_a_small_database_is_paid_for_two_processors() -> None:
    assert "proxy (2 vCPUs)" in {line.what for line in fewest(load("dev")).lines}


def test_a_pilot_light_pays_for_no_task() -> None:
    standing_by = fewest(load("prod-dr"))
    assert standing_by.tasks == 0
    assert not [line for line in standing_by.lines if line.price.name.startswith("fargate")]


def test_a_class_without_a_price_is_named_with_the_file() -> None:
    with pytest.raises(PriceError, match=r"'rds db\.r8gd\.48xlarge'.*tools/cost/prices\.yaml"):
        fewest(changed(load("prod"), instance_class="db.r8gd.48xlarge"))


def test_a_region_without_a_price_is_named_with_the_file() -> None:
    with pytest.raises(PriceError, match=r"'alb' for region eu-west-1 in tools/cost/prices\.yaml"):
        price("alb", "eu-west-1")


def test_an_environment_that_is_not_on_aws_is_refused_in_a_line() -> None:
    result = CliRunner().invoke(app, ["local"])
    assert result.exit_code == 2
    assert "'local' has no aws settings" in result.stderr


def test_no_price_is_there_twice() -> None:
    names = [one.name for one in known()]
    assert len(names) == len(set(names))


def test_the_guide_is_what_the_prices_and_settings_say() -> None:
    assert guide.TARGET.read_text(encoding="utf-8") == guide.guide(), (
        "docs/guides/cost.md is out of date. Run python -m tools.cost.guide"
    )
