"""One alarm of the catalogue as CloudWatch's, with its receivers and its runbook."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from pulumi import Input, ResourceOptions
from pulumi_aws import cloudwatch

from observability.alarm import Alarm, Place, Severity
from observability.cloudwatch import Term, expression, terms

LONGEST_DESCRIPTION = 1024
_PERCENTILE = "p"
_COMPARISONS = {
    ">": "GreaterThanThreshold",
    ">=": "GreaterThanOrEqualToThreshold",
    "<": "LessThanThreshold",
    "<=": "LessThanOrEqualToThreshold",
}
Places = Mapping[Place, Sequence[Input[str]]]


@dataclass(frozen=True, kw_only=True)
class Receivers:
    """Who is told, and where they read on.

    Attributes:
        environment: Part of every alarm's name.
        topic_arn: Is told of everything.
        pager_topic_arn: Is told of pages too, and of their end.
        runbooks_url: Where the folder runbooks/ can be read.
        tags: On the alarms.
    """

    environment: str
    topic_arn: Input[str]
    pager_topic_arn: Input[str] | None = None
    runbooks_url: str
    tags: dict[str, str]

    def name(self, alarm: str) -> str:
        """Return an alarm's name: fixed, since messages are about it and runbooks ask for it.

        No other property of an alarm replaces it, so a fixed name is never in its own way.
        """
        return f"mlflow-ha-{self.environment}-{alarm}"

    def description(self, severity: Severity, means: str, page: str) -> str:
        """Return what the message says.

        Raises:
            ValueError: It is longer than CloudWatch takes.
        """
        text = f"[{severity}] {means} What to do: {self.runbooks_url}/{page}.md"
        if len(text) > LONGEST_DESCRIPTION:
            raise ValueError(
                f"the description of {page} has {len(text)} characters, CloudWatch takes "
                f"{LONGEST_DESCRIPTION}. Use a shorter watch.runbooks_url"
            )
        return text

    def of_its_begin(self, severity: Severity) -> list[Input[str]]:
        """Return the topics that are told when an alarm begins."""
        if self.pager_topic_arn and severity == "page":
            return [self.topic_arn, self.pager_topic_arn]
        return [self.topic_arn]

    def of_its_end(self, severity: Severity) -> list[Input[str]]:
        """Return the topics that are told when it is over: who was woken may sleep again."""
        return self.of_its_begin(severity) if severity == "page" else []


def metric_alarm(
    name: str, alarm: Alarm, places: Places, receivers: Receivers, *, opts: ResourceOptions
) -> cloudwatch.MetricAlarm:
    """Register an alarm that tells somebody."""
    return _registered(
        name,
        alarm,
        places,
        receivers,
        begin=receivers.of_its_begin(alarm.severity),
        end=receivers.of_its_end(alarm.severity),
        opts=opts,
    )


def member_alarm(
    name: str, alarm: Alarm, places: Places, receivers: Receivers, *, opts: ResourceOptions
) -> cloudwatch.MetricAlarm:
    """Register an alarm that only a composite one asks."""
    return _registered(name, alarm, places, receivers, begin=[], end=[], opts=opts)


def _registered(
    name: str,
    alarm: Alarm,
    places: Places,
    receivers: Receivers,
    *,
    begin: list[Input[str]],
    end: list[Input[str]],
    opts: ResourceOptions,
) -> cloudwatch.MetricAlarm:
    found = terms(alarm, places)  # type: ignore[arg-type]  # names may be known only later
    combined = expression(alarm)
    [only, *others] = found
    percentile = only.metric.statistic.startswith(_PERCENTILE)
    simple = combined is None and not others
    return cloudwatch.MetricAlarm(
        name,
        name=receivers.name(alarm.name),
        alarm_description=receivers.description(alarm.severity, alarm.means, alarm.page),
        comparison_operator=_COMPARISONS[alarm.comparison],
        threshold=alarm.threshold,
        evaluation_periods=alarm.periods,
        treat_missing_data=alarm.missing.treatment,
        namespace=only.metric.namespace if simple else None,
        metric_name=only.metric.name if simple else None,
        dimensions=dict(only.dimensions) if simple else None,
        period=alarm.period if simple else None,
        statistic=only.metric.statistic if simple and not percentile else None,
        extended_statistic=only.metric.statistic if simple and percentile else None,
        evaluate_low_sample_count_percentiles="ignore" if percentile else None,
        metric_queries=None if simple else _queries(alarm, combined, found),
        alarm_actions=begin or None,
        ok_actions=end or None,
        tags=receivers.tags,
        opts=opts,
    )


def _queries(
    alarm: Alarm, combined: str | None, found: Sequence[Term]
) -> list[cloudwatch.MetricAlarmMetricQueryArgs]:
    return [
        cloudwatch.MetricAlarmMetricQueryArgs(
            id="e1", expression=combined, label=alarm.name, return_data=True
        ),
        *(
            cloudwatch.MetricAlarmMetricQueryArgs(
                id=term.id,
                return_data=False,
                metric=cloudwatch.MetricAlarmMetricQueryMetricArgs(
                    namespace=term.metric.namespace,
                    metric_name=term.metric.name,
                    dimensions=dict(term.dimensions),
                    period=alarm.period,
                    stat=term.metric.statistic,
                ),
            )
            for term in found
        ),
    ]
