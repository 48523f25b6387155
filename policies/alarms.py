"""Every alarm reaches somebody, who finds out there what to do; in every environment.

An alarm that is first heard in production is first understood there.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from policies.graph import Graph
from policies.resource import Resource
from policies.violation import Violation

_METRIC = "aws:cloudwatch/metricAlarm:MetricAlarm"
_COMPOSITE = "aws:cloudwatch/compositeAlarm:CompositeAlarm"
_TOPIC = "aws:sns/topic:Topic"


def alarms_reach_somebody(graph: Graph) -> Iterator[Violation]:
    """Every alarm has an action, unless a composite alarm, which has one, is made of it.

    The two windows of a burn rate are each too nervous to wake anybody; both together are not.
    """
    for alarm in graph.of(_METRIC, _COMPOSITE):
        if not alarm.at("alarmActions") and not _is_part_of_a_composite(graph, alarm):
            yield Violation(alarm, "alarmActions is empty: it rings for nobody", "Name the topic")
        if alarm.at("actionsEnabled") is False:
            yield Violation(alarm, "actionsEnabled false: it is muted", "Remove it")


def topics_have_somebody_listening(graph: Graph) -> Iterator[Violation]:
    """A topic that an alarm or an event is sent to has a subscription."""
    for topic in graph.of(_TOPIC):
        subscriptions = graph.naming(
            topic, "aws:sns/topicSubscription:TopicSubscription", by="topic"
        )
        if not any(subscriptions):
            yield Violation(topic, "nobody has subscribed", "List somebody in aws.watch.emails")


def alarms_name_their_runbook(graph: Graph) -> Iterator[Violation]:
    """Every alarm's description links to its page in runbooks/, and the page is there."""
    for alarm in graph.of(_METRIC, _COMPOSITE):
        if alarm.unknown("alarmDescription"):
            continue
        folder = f"{graph.asked.aws.watch.runbooks_url}/"
        said = str(alarm.at("alarmDescription"))
        linked = re.search(rf"{re.escape(folder)}([\w-]+)\.md\b", said)
        if not linked:
            yield Violation(
                alarm, "its description links to no runbook", f"End it with {folder}NAME.md"
            )
        elif linked[1] not in graph.runbooks:
            yield Violation(
                alarm, f"runbooks/{linked[1]}.md does not exist", "Write the page, or mend the link"
            )


def _is_part_of_a_composite(graph: Graph, alarm: Resource) -> bool:
    return any(graph.naming(alarm, _COMPOSITE, by="alarmRule"))
