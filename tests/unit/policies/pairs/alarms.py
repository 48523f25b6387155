"""Graphs that satisfy and break the rules of policies/alarms.py."""

from __future__ import annotations

from typing import Any

from policies import alarms as rules
from policies.resource import Resource
from tests.unit.policies.graphs import Pair, made

METRIC = "aws:cloudwatch/metricAlarm:MetricAlarm"
COMPOSITE = "aws:cloudwatch/compositeAlarm:CompositeAlarm"
RUNBOOKS = "https://github.com/example/mlflow-ha/blob/main/runbooks"
TOPIC = made("aws:sns/topic:Topic")


def alarm(**inputs: Any) -> Resource:
    right: dict[str, Any] = {
        "alarmActions": ["arn:aws:sns:us-east-1:123456789012:alerts"],
        "alarmDescription": f"The writer is gone. {RUNBOOKS}/DatabaseDown.md",
    }
    return made(METRIC, **(right | inputs))


PART = alarm(alarmActions=[])
WHOLE = made(COMPOSITE, refers={"alarmRule": PART}, alarmActions=["arn:aws:sns:::alerts"])
LISTENER = made("aws:sns/topicSubscription:TopicSubscription", refers={"topic": TOPIC})

PAIRS = (
    Pair(rules.alarms_reach_somebody, "no action", (alarm(),), (alarm(alarmActions=[]),)),
    Pair(rules.alarms_reach_somebody, "part of nothing", (PART, WHOLE), (PART,), stack="dev"),
    Pair(
        rules.alarms_reach_somebody,
        "a composite without an action",
        (WHOLE,),
        (made(COMPOSITE, alarmActions=[]),),
    ),
    Pair(rules.alarms_reach_somebody, "muted", (alarm(),), (alarm(actionsEnabled=False),)),
    Pair(
        rules.topics_have_somebody_listening,
        "nobody listens",
        (TOPIC, LISTENER),
        (TOPIC,),
        stack="dev",
    ),
    Pair(
        rules.alarms_name_their_runbook,
        "no link",
        (alarm(),),
        (alarm(alarmDescription="The writer is gone."),),
        stack="dev",
    ),
    Pair(
        rules.alarms_name_their_runbook,
        "a link to somewhere else",
        (alarm(alarmDescription="[unknown]"),),
        (alarm(alarmDescription="See https://example.com/DatabaseDown.md"),),
    ),
    Pair(
        rules.alarms_name_their_runbook,
        "a page that nobody wrote",
        (alarm(),),
        (alarm(alarmDescription=f"{RUNBOOKS}/DatabaseGone.md"),),
    ),
)
