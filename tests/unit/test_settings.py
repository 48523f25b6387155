"""Settings are refused with key, value, rule and remedy; the arithmetic behind them holds."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

import settings
from setting_groups.tracking import Tracking


def parse(**values: object) -> settings.Settings:
    return settings.parse({"environment": "local", **values}, source="test.yaml")


def mistakes(**values: object) -> list[str]:
    with pytest.raises(settings.SettingsError) as refused:
        parse(**values)
    return [line for line in str(refused.value).splitlines() if line.startswith("  - ")]


def test_the_local_stack_loads() -> None:
    assert settings.load("local").environment == "local"


def test_settings_cannot_be_changed_after_loading() -> None:
    loaded = parse()
    with pytest.raises(ValidationError, match="frozen"):
        loaded.production = True


def test_several_mistakes_are_reported_together() -> None:
    found = mistakes(
        tracking={"instnces": 3, "api_concurrency": 99},
        failover={"lease": 10},
        colour="blue",
        local={"network": "10.0.0.0/8"},
    )
    assert len(found) == 5


@pytest.mark.parametrize(
    ("values", "key", "value", "remedy"),
    [
        ({"tracking": {"instnces": 3}}, "tracking.instnces", "3", "Did you mean 'instances'?"),
        ({"failover": {"lease": 10}}, "failover.lease", "10", "greater than or equal to 20"),
        ({"local": {"network": "10.0.0.0/8"}}, "local", "10.0.0.0/8", "Choose for instance"),
        ({"local": {"network": "198.18.0.0/16"}}, "local", "198.18.0.0/16", "Choose"),
        ({"tracking": {"instances": "three"}}, "tracking.instances", "three", "valid integer"),
        ({"tracking": {"instances": 1}}, "tracking.instances", "1", "to 2 or more"),
        ({"database": {"nodes": 2}}, "database.nodes", "2", "to 3 or more"),
        ({"objectives": {"primary_host_loss": 15}}, "primary_host_loss", "15", "above the lease"),
        ({"objectives": {"recovery": 20}}, "objectives.recovery", "20", "Lower the drill"),
        ({"failover": {"retry_timeout": 30}}, "failover", "20", "Raise lease to 61"),
    ],
)
def test_a_mistake_names_key_value_and_remedy(
    values: dict[str, object], key: str, value: str, remedy: str
) -> None:
    (line,) = mistakes(**values)
    assert key in line
    assert value in line
    assert remedy in line


def test_a_budget_that_does_not_fit_names_both_ways_out() -> None:
    (line,) = mistakes(database={"max_connections": 100})
    assert "5 instances during a deployment x 42 connections = 210" in line
    assert "raise database.max_connections to 225" in line


def test_a_budget_is_accepted_exactly_at_its_limit() -> None:
    assert parse(database={"max_connections": 225}).fleet_connections == 210
    assert mistakes(database={"max_connections": 182})


def test_a_missing_stack_names_those_that_exist(tmp_path: Path) -> None:
    (tmp_path / "Pulumi.dev.yaml").write_text("config: {}\n")
    with pytest.raises(settings.SettingsError, match="Use one of: dev"):
        settings.load("prd", stacks=tmp_path)


def test_broken_yaml_is_refused_with_its_place(tmp_path: Path) -> None:
    (tmp_path / "Pulumi.dev.yaml").write_text("config: {a: [}\n")
    with pytest.raises(settings.SettingsError, match=r"(?s)is not YAML.*line 1"):
        settings.load("dev", stacks=tmp_path)


def test_keys_of_other_programs_in_the_same_file_are_left_alone(tmp_path: Path) -> None:
    (tmp_path / "Pulumi.dev.yaml").write_text(
        "config:\n  aws:region: eu-west-1\n  mlflow-ha:environment: dev\n"
    )
    assert settings.load("dev", stacks=tmp_path).environment == "dev"


@given(concurrency=st.integers(1, 38), depth=st.integers(1, 6))
def test_the_tracking_pool_never_deadlocks(concurrency: int, depth: int) -> None:
    """Every request holds all but its last connection: one must be left for somebody."""
    tracking = Tracking(api_concurrency=concurrency, nested_connections=depth)
    held_by_requests, held_by_the_probe = concurrency * (depth - 1), 1
    assert tracking.pool_size > held_by_requests + held_by_the_probe - 1
    assert tracking.pool_size - held_by_requests - held_by_the_probe >= 1
