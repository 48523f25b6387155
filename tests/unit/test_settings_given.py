"""Settings that reach Pulumi from elsewhere than the stack's own file are refused, not ignored.

tests/engine/test_engine_refusals.py shows it on the engine itself.
"""

import copy
import json
from typing import Any

import pytest
import yaml

import settings
from setting_groups.given import another_file, decoded

FILE = settings.STACKS / "Pulumi.prod.yaml"


def handed_over(config: dict[str, Any]) -> dict[str, str]:
    """Return a configuration as Pulumi hands it to a program."""
    return {
        key: value if isinstance(value, str) else json.dumps(value) for key, value in config.items()
    }


@pytest.fixture
def config() -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load(FILE.read_text(encoding="utf-8"))["config"]
    return copy.deepcopy(found)


def mistake(config: dict[str, Any]) -> str | None:
    values = settings.values_in(decoded(handed_over(config)))
    given = settings.parse(values, source="what Pulumi was given")
    return another_file(settings.load("prod"), given, "stacks/Pulumi.prod.yaml")


@pytest.mark.parametrize("stack", ["dev", "staging", "prod", "prod-dr"])
def test_the_stacks_own_file_is_what_pulumi_was_given(stack: str) -> None:
    path = settings.STACKS / f"Pulumi.{stack}.yaml"
    own = yaml.safe_load(path.read_text(encoding="utf-8"))["config"]
    values = settings.values_in(decoded(handed_over(own)))
    assert settings.parse(values, source="") == settings.load(stack)


def test_another_value_is_refused_and_its_group_named(config: dict[str, Any]) -> None:
    config["mlflow-ha:aws"]["rds"]["backup_days"] = 9
    told = mistake(config)
    assert told is not None
    assert told.startswith("aws: Pulumi was given other values than stacks/Pulumi.prod.yaml has")
    assert "leave --config-file out" in told


def test_what_is_the_same_is_not_refused(config: dict[str, Any]) -> None:
    assert mistake(config) is None
