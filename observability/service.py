"""The fleet and its door."""

from __future__ import annotations

import math

from observability.alarm import (
    DAY,
    KEEPS_ITS_STATE,
    MINUTE,
    ONLY_WHEN_SOMETHING_HAPPENS,
    SILENCE_IS_THE_FAULT,
    Alarm,
    Metric,
    Place,
)
from setting_groups.aws.environment import Aws
from settings import Settings

_CPU_PERCENT, _MEMORY_PERCENT = 80, 85
_DAYS_LEFT = 30
"""ACM renews 60 days before the end: at 30 it has failed to for a month."""


def alarms(settings: Settings, aws: Aws) -> tuple[Alarm, ...]:
    """Return the alarms on the balancer, the tasks and the way out."""
    return (
        *_targets(settings),
        *_fleet(settings, aws),
        _certificate(),
        *([_ports()] if aws.network.egress == "nat" else []),
    )


def _target_metric(name: str, statistic: str) -> Metric:
    return Metric(
        namespace="AWS/ApplicationELB",
        name=name,
        statistic=statistic,
        dimensions={"LoadBalancer": Place.LOAD_BALANCER, "TargetGroup": Place.TARGET_GROUP},
    )


def _targets(settings: Settings) -> tuple[Alarm, ...]:
    replaced = settings.objectives.redundancy_restored
    longer = math.floor(replaced / MINUTE) + 1
    return (
        Alarm(
            name="TargetsLost",
            severity="page",
            means="The load balancer has no healthy task.",
            metrics=(_target_metric("HealthyHostCount", "Maximum"),),
            periods=2,
            comparison="<",
            threshold=1,
            missing=SILENCE_IS_THE_FAULT,
        ),
        Alarm(
            name="TargetsFailOpen",
            severity="page",
            means="All tasks of a zone are unhealthy, and the load balancer sends requests to them "
            "all the same.",
            metrics=(_target_metric("UnhealthyRoutingRequestCount", "Sum"),),
            periods=2,
            comparison=">",
            threshold=0,
            missing=ONLY_WHEN_SOMETHING_HAPPENS,
        ),
        Alarm(
            name="TargetsUnhealthy",
            severity="ticket",
            means="A task has failed its health check for longer than a replacement takes.",
            # The minimum: a task that starts is unhealthy for a moment in every period.
            metrics=(_target_metric("UnHealthyHostCount", "Minimum"),),
            periods=longer,
            comparison=">",
            threshold=0,
            missing=KEEPS_ITS_STATE,
        ),
        Alarm(
            name="FleetShort",
            severity="ticket",
            means=f"Fewer than {settings.tracking.instances} tasks are healthy, for longer than the "
            f"{replaced:g} s in which redundancy is to be restored.",
            metrics=(_target_metric("HealthyHostCount", "Minimum"),),
            periods=longer,
            comparison="<",
            threshold=settings.tracking.instances,
            missing=SILENCE_IS_THE_FAULT,
        ),
    )


def _fleet(settings: Settings, aws: Aws) -> tuple[Alarm, ...]:
    most = settings.tracking.most_instances
    full = Alarm(
        name="FleetAtMaximum",
        severity="ticket",
        means=f"The fleet has had its {most} tasks, the most it may have, for 15 minutes.",
        metrics=(_target_metric("HealthyHostCount", "Maximum"),),
        periods=15,
        comparison=">=",
        threshold=most,
        missing=KEEPS_ITS_STATE,
    )
    return (
        *([full] if most > settings.tracking.instances else []),
        Alarm(
            name="FleetCpuHigh",
            severity="ticket",
            means=f"The tasks use more than {_CPU_PERCENT} % of their CPU on average, although the "
            f"fleet grows from {aws.service.cpu_target:.0%}.".replace("%.", " %."),
            metrics=(_use("CPUUtilization", "Average"),),
            periods=15,
            comparison=">",
            threshold=_CPU_PERCENT,
            missing=KEEPS_ITS_STATE,
        ),
        Alarm(
            name="FleetMemoryHigh",
            severity="ticket",
            means=f"A task uses more than {_MEMORY_PERCENT} % of its memory.",
            metrics=(_use("MemoryUtilization", "Maximum"),),
            periods=15,
            comparison=">",
            threshold=_MEMORY_PERCENT,
            missing=KEEPS_ITS_STATE,
        ),
    )


def _use(name: str, statistic: str) -> Metric:
    return Metric(
        namespace="AWS/ECS",
        name=name,
        statistic=statistic,
        dimensions={"ClusterName": Place.CLUSTER, "ServiceName": Place.SERVICE},
    )


def _certificate() -> Alarm:
    return Alarm(
        name="CertificateExpiring",
        severity="ticket",
        means=f"The certificate of the front door ends in fewer than {_DAYS_LEFT} days.",
        metrics=(
            Metric(
                namespace="AWS/CertificateManager",
                name="DaysToExpiry",
                statistic="Minimum",
                dimensions={"CertificateArn": Place.CERTIFICATE},
            ),
        ),
        period=DAY,
        periods=1,
        comparison="<",
        threshold=_DAYS_LEFT,
        missing=KEEPS_ITS_STATE,
    )


def _ports() -> Alarm:
    return Alarm(
        name="NatPortsExhausted",
        severity="ticket",
        means="A NAT gateway had no port left for a connection.",
        metrics=(
            Metric(
                namespace="AWS/NATGateway",
                name="ErrorPortAllocation",
                statistic="Sum",
                dimensions={"NatGatewayId": Place.NAT_GATEWAYS},
            ),
        ),
        worst="MAX",
        periods=5,
        comparison=">",
        threshold=0,
        missing=ONLY_WHEN_SOMETHING_HAPPENS,
    )
