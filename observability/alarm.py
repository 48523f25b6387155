"""The words in which alarms are written down."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Literal

Severity = Literal["page", "ticket"]
Statistic = str
"""As CloudWatch spells it: "Sum", "Average", "Minimum", "Maximum", "SampleCount", "p99"."""
Comparison = Literal[">", ">=", "<", "<="]
Worst = Literal["MAX", "MIN"]

MINUTE = 60
HOUR = 60 * MINUTE
DAY = 24 * HOUR


class Place(StrEnum):
    """A part of the running stack whose name is known only once it is made."""

    LOAD_BALANCER = "arn_suffix of the load balancer"
    TARGET_GROUP = "arn_suffix of its target group"
    CERTIFICATE = "ARN of its certificate"
    CLUSTER = "name of the ECS cluster"
    SERVICE = "name of the ECS service"
    NAT_GATEWAYS = "ids of the NAT gateways"
    DATABASES = "identifiers of the database's instances, standbys and replicas included"
    PROXY = "name of the database's proxy"
    BUCKET = "name of the artifact bucket"
    REPLICA_BUCKET = "name of its replica in the second region"
    REPLICATION_RULE = "id of the rule that fills the replica"
    VAULT = "name of the backup vault"
    DUMP_DONE_RULE = "name of the event rule for dumps that succeeded"
    DUMP_FAILED_RULE = "name of the event rule for dumps that failed"
    DUMP_QUEUE = "name of the queue of dumps that could not be started"


@dataclass(frozen=True, kw_only=True)
class Metric:
    """One series: where CloudWatch keeps it and how its samples become one value per period."""

    namespace: str
    name: str
    statistic: Statistic
    dimensions: Mapping[str, Place | str]
    """By CloudWatch's names: a constant, or a place that the stack fills in."""

    @property
    def places(self) -> tuple[Place, ...]:
        return tuple(value for value in self.dimensions.values() if isinstance(value, Place))


@dataclass(frozen=True, kw_only=True)
class Missing:
    """What a period without samples means, and why."""

    treatment: Literal["breaching", "notBreaching", "ignore"]
    because: str


ONLY_WHEN_SOMETHING_HAPPENS = Missing(
    treatment="notBreaching", because="AWS sends this count only when it is not zero"
)
SILENCE_IS_THE_FAULT = Missing(
    treatment="breaching", because="what is watched for is that nothing comes"
)
SILENCE_HAS_ITS_OWN_ALARM = Missing(
    treatment="notBreaching", because="CanarySilent tells of a canary that reports nothing"
)
KEEPS_ITS_STATE = Missing(
    treatment="ignore", because="a gap in the samples says nothing either way"
)


@dataclass(frozen=True, kw_only=True)
class Told:
    """What somebody gets a message about."""

    name: str
    """What it says in CamelCase; after a hyphen, which of several of that name it is."""
    means: str
    """One sentence: what has been seen."""

    @property
    def page(self) -> str:
        """The name of its runbook."""
        return self.name.partition("-")[0]


@dataclass(frozen=True, kw_only=True)
class Notice(Told):
    """Something that a service of AWS tells by itself."""


@dataclass(frozen=True, kw_only=True)
class Alarm(Told):
    """One value held against one threshold.

    Attributes:
        metrics: One, or several that `expression` makes one value of.
        expression: In CloudWatch's metric math, over m1, m2 … in their order.
        worst: In place of an expression: the largest or smallest over all that a place stands for.
        period: Seconds that make one value.
        periods: How many values in a row.
    """

    severity: Severity
    metrics: tuple[Metric, ...]
    expression: str | None = None
    worst: Worst | None = None
    period: int = MINUTE
    periods: int
    comparison: Comparison
    threshold: float
    missing: Missing

    @property
    def places(self) -> frozenset[Place]:
        return frozenset(place for metric in self.metrics for place in metric.places)


@dataclass(frozen=True, kw_only=True)
class BurnAlarm(Told):
    """Pairs of members, of which both have to ring; any pair is enough."""

    severity: Severity
    pairs: tuple[tuple[Alarm, Alarm], ...]

    @property
    def members(self) -> tuple[Alarm, ...]:
        return tuple(member for pair in self.pairs for member in pair)
