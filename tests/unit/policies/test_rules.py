"""Each rule accepts a graph that is right and names the resource that is wrong in one that is not.

Whether the environments satisfy them is for tests/engine to show, on what the engine registers.
"""

from __future__ import annotations

import pytest

from components.tags import tags
from policies import availability, exposure
from policies.asked import of_environment
from policies.rules import RULES, claim, name
from tests.unit.policies import graphs
from tests.unit.policies.graphs import Pair, made
from tests.unit.policies.pairs import (
    access,
    alarms,
    containers,
    durability,
    encryption,
)
from tests.unit.policies.pairs import availability as of_availability
from tests.unit.policies.pairs import exposure as of_exposure
from tests.unit.policies.pairs import tagging as of_tagging

PAIRS: tuple[Pair, ...] = (
    *of_availability.PAIRS,
    *of_exposure.PAIRS,
    *encryption.PAIRS,
    *durability.PAIRS,
    *access.PAIRS,
    *containers.PAIRS,
    *of_tagging.PAIRS,
    *alarms.PAIRS,
)


def called(pair: Pair) -> str:
    return f"{name(pair.rule)}: {pair.wrong}"


@pytest.mark.parametrize("pair", PAIRS, ids=called)
def test_a_graph_that_is_right_breaks_nothing(pair: Pair) -> None:
    graph = graphs.graph(*pair.good, stack=pair.stack, aws=pair.aws)
    assert not list(pair.rule(graph))


@pytest.mark.parametrize("pair", PAIRS, ids=called)
def test_a_graph_that_is_wrong_names_resource_problem_and_remedy(pair: Pair) -> None:
    graph = graphs.graph(*pair.bad, stack=pair.stack, aws=pair.aws)
    found = list(pair.rule(graph))
    assert {violation.resource.name for violation in found} == {"it"}
    assert all(violation.problem and violation.remedy[0].isupper() for violation in found)


def test_every_rule_has_been_broken_once() -> None:
    assert {name(rule) for rule in RULES} == {name(pair.rule) for pair in PAIRS}


def test_every_rule_has_a_name_of_its_own_and_a_claim() -> None:
    assert len({name(rule) for rule in RULES}) == len(RULES)
    assert all(claim(rule).endswith(".") for rule in RULES)


ONLY_IN_PRODUCTION = (
    availability.services_run_two_tasks,
    availability.autoscaling_keeps_two_tasks,
    availability.tasks_and_doors_span_zones,
    availability.databases_have_a_standby,
    availability.ways_out_survive_a_zone,
)


@pytest.mark.parametrize(
    "pair", [pair for pair in PAIRS if pair.rule in ONLY_IN_PRODUCTION], ids=called
)
def test_development_may_be_single(pair: Pair) -> None:
    assert not list(pair.rule(graphs.graph(*pair.bad, stack="dev")))


def test_a_door_to_the_internet_may_be_asked_for() -> None:
    balancer = made("aws:lb/loadBalancer:LoadBalancer", internal=False)
    found = exposure.balancers_are_internal_unless_asked(
        graphs.graph(balancer, aws=of_exposure.INTERNET)
    )
    assert not list(found)


def test_rules_and_components_mean_the_same_tags() -> None:
    staging = graphs.settings_of("staging")
    assert of_environment(staging).tags == tags(staging)
