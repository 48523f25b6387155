"""Graphs that satisfy and break the rule of policies/tagging.py."""

from __future__ import annotations

from policies import tagging as rules
from tests.unit.policies.graphs import TAGS, Pair, made

PAIRS = (
    Pair(
        rules.resources_say_whose_they_are,
        "no tags",
        (
            made("aws:sns/topic:Topic", tags={**TAGS, "Name": "alerts"}),
            made("mlflow-ha:aws:Alerts"),
        ),
        (made("aws:sns/topic:Topic"),),
    ),
    Pair(
        rules.resources_say_whose_they_are,
        "another environment's tags",
        (made("aws:sns/topic:Topic", tags=TAGS),),
        (made("aws:sns/topic:Topic", tags={**TAGS, "mlflow-ha:environment": "dev"}),),
    ),
)
