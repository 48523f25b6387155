"""Everything that looks at an environment: alarms and one dashboard, rendered from the catalogue."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pulumi
from pulumi import Input, Output, ResourceOptions
from pulumi_aws import cloudwatch

from components.metric_alarm import Receivers, member_alarm, metric_alarm
from observability import dashboard
from observability.alarm import Alarm, BurnAlarm, Place
from observability.catalogue import Catalogue


@dataclass(frozen=True, kw_only=True)
class ObservabilityArgs:
    """What is watched, what it is called, and who is told.

    Attributes:
        catalogue: The alarms.
        places: What the stack calls each place in `catalogue.places`.
        receivers: Who is told.
        region: Where the metrics are.
    """

    catalogue: Catalogue
    places: Mapping[Place, Sequence[Input[str]]]
    receivers: Receivers
    region: str


class Observability(pulumi.ComponentResource):
    """Alarms, each with a receiver and a runbook, and one dashboard."""

    alarm_arns: dict[str, Output[str]]
    """By the name in the catalogue."""

    def __init__(
        self, name: str, args: ObservabilityArgs, opts: ResourceOptions | None = None
    ) -> None:
        super().__init__("mlflow-ha:aws:Observability", name, None, opts)
        self._args, self._child = args, ResourceOptions(parent=self)
        alarms = {
            alarm.name: metric_alarm(
                f"{name}-{alarm.name}", alarm, args.places, args.receivers, opts=self._child
            ).arn
            for alarm in args.catalogue.alarms
        }
        burns = {burn.name: self._burn_alarm(name, burn) for burn in args.catalogue.burns}
        self.alarm_arns = {**alarms, **burns}
        if args.catalogue.alarms:
            cloudwatch.Dashboard(
                f"{name}-dashboard",
                dashboard_name=f"mlflow-ha-{args.receivers.environment}",
                dashboard_body=self._dashboard_body(),
                opts=self._child,
            )
        self.register_outputs({"alarm_arns": self.alarm_arns})

    def _burn_alarm(self, name: str, burn: BurnAlarm) -> Output[str]:
        places, receivers = self._args.places, self._args.receivers
        arns = {
            member.name: member_alarm(
                f"{name}-{member.name}", member, places, receivers, opts=self._child
            ).arn
            for member in burn.members
        }
        return cloudwatch.CompositeAlarm(
            f"{name}-{burn.name}",
            alarm_name=receivers.name(burn.name),
            alarm_description=receivers.description(burn.severity, burn.means, burn.page),
            alarm_rule=Output.all(**arns).apply(lambda known: _rule(burn.pairs, known)),
            alarm_actions=receivers.of_its_begin(burn.severity),
            ok_actions=receivers.of_its_end(burn.severity) or None,
            tags=receivers.tags,
            opts=self._child,
        ).arn

    def _dashboard_body(self) -> Output[str]:
        names = {place: Output.all(*given) for place, given in self._args.places.items()}
        return Output.all(**{place.name: found for place, found in names.items()}).apply(
            lambda known: dashboard.body(
                self._args.catalogue,
                {Place[name]: found for name, found in known.items()},
                region=self._args.region,
            )
        )


def _rule(pairs: Sequence[tuple[Alarm, Alarm]], arns: Mapping[str, str]) -> str:
    both = (
        f'(ALARM("{arns[long.name]}") AND ALARM("{arns[short.name]}"))' for long, short in pairs
    )
    return " OR ".join(both)
