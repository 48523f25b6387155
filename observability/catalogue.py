"""Everything somebody is told about in one environment."""

from __future__ import annotations

from dataclasses import dataclass

from observability import availability, canary, database, recovery, service
from observability.alarm import Alarm, BurnAlarm, Notice, Place, Told
from settings import Settings

BUDGET = Notice(
    name="BudgetExceeded",
    means="The month's cost has passed, or is forecast to pass, the budget of the environment.",
)


@dataclass(frozen=True, kw_only=True)
class Catalogue:
    """The alarms and notices of one environment."""

    alarms: tuple[Alarm, ...]
    burns: tuple[BurnAlarm, ...]
    notices: tuple[Notice, ...]

    @property
    def measured(self) -> tuple[Alarm, ...]:
        """Every alarm that looks at metrics itself, the members of the burn alarms included."""
        return (*self.alarms, *(member for burn in self.burns for member in burn.members))

    @property
    def places(self) -> frozenset[Place]:
        """What the stack has to say about itself for them."""
        return frozenset(place for alarm in self.measured for place in alarm.places)

    @property
    def pages(self) -> frozenset[str]:
        """The names of the runbooks they lead to."""
        told: tuple[Told, ...] = (*self.alarms, *self.burns, *self.notices)
        return frozenset(each.page for each in told)


def catalogue(settings: Settings) -> Catalogue:
    """Return what is watched where these settings are deployed.

    Raises:
        ValueError: The settings describe no environment on AWS.
    """
    aws = settings.aws
    if aws is None:
        raise ValueError(
            f"environment {settings.environment!r} has no aws settings. Use one of stacks/ that has"
        )
    if aws.role == "pilot_light":
        follows = aws.rds.replica_of is not None
        return Catalogue(
            alarms=database.alarms(settings, aws.rds) if follows else (),
            burns=(),
            notices=(database.EVENTS, BUDGET) if follows else (BUDGET,),
        )
    every_minutes = aws.watch.canary_every_minutes
    return Catalogue(
        alarms=(
            *canary.alarms(settings, every_minutes),
            *service.alarms(settings, aws),
            *database.alarms(settings, aws.rds),
            *(database.proxy_alarms(settings) if aws.rds.proxy else ()),
            *recovery.alarms(aws.recovery),
        ),
        burns=availability.alarms(settings, every_minutes),
        notices=(database.EVENTS, BUDGET),
    )
