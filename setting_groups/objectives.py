"""What users are promised, and how fast a promise may be used up before somebody is told."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from setting_groups.frozen import Frozen, Seconds, Share

MONTH_MINUTES = 30 * 24 * 60
LONGEST_WINDOW = 7 * 24 * 60
"""Minutes that CloudWatch looks back for one alarm.
https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/AlarmThatSendsEmail.html"""


class BurnRate(Frozen):
    """An alarm on how fast the error budget of 30 days is used up.

    Two windows must agree: the long one that enough was lost, the short one that it still is.
    Shares and windows: Google, The Site Reliability Workbook, chapter 5, table 5-8.
    """

    budget: Share
    """The share of the month's budget that may be gone within the long window."""
    long_minutes: Annotated[int, Field(ge=1)]
    short_minutes: Annotated[int, Field(ge=1)]
    severity: Literal["page", "ticket"]

    @property
    def factor(self) -> float:
        """How many times faster than allowed the budget is used, such as 14.4."""
        return self.budget * MONTH_MINUTES / self.long_minutes


class Objectives(Frozen):
    """What users are promised. Drills, alarms, dashboards and the README read it here."""

    availability: Share = 0.999
    recovery: Annotated[Seconds, Field(le=300)] = 300
    """The promise for any single failure: five minutes."""
    registration_p99: Seconds = 2
    failed_registrations: Share = 0.001

    primary_crash: Seconds = 6
    """Longest gap without a successful write after the primary's postmaster is killed."""
    primary_host_loss: Seconds = 30
    """The lease (20 s) has to run out first: nobody but the lease can tell death from silence."""
    instance_loss: Seconds = 5
    """A health check that fails twice takes an instance out; requests elsewhere never stop."""
    database_return: Seconds = 30
    """From the end of a database outage, however long, until writes succeed by themselves."""
    front_door_loss: Seconds = 8
    """keepalived moves the address after three missed advertisements."""
    switchover: Seconds = 5
    """A planned change of the primary: Patroni looks once a second whether the old one has stopped,
    and each balancer asks twice a second who leads."""
    standby_loss: Seconds = 8
    """Two confirm where one is enough, so writes go on; the margin is for a busy machine."""
    etcd_member_loss: Seconds = 8
    """Two of three still decide; if the leader of etcd is lost, they first elect another."""
    pooler_loss: Seconds = 5
    """One instance of several cannot reach the database until its pooler is started again."""
    bad_network: Seconds = 15
    """Longest gap while 5 % of the primary's packets vanish, or all of them come late."""
    connection_storm: Seconds = 10
    """Longest gap while a thousand clients connect at once and stay."""
    artifact_outage: Seconds = 20
    """Longest gap without a stored artifact after a host of the object store is lost or hangs."""
    archive_caught_up: Seconds = 120
    """From the end of an outage of the WAL archive until no segment waits: PostgreSQL tries again
    within 60 s, and then sends about one segment a second."""
    old_primary_reads: Seconds = 30
    """Until an old primary that was cut off stops answering reads to whoever still asks it."""
    redundancy_restored: Seconds = 180
    """Until every host and every replica is back after the fault is healed."""
    burn_rates: tuple[BurnRate, ...] = (
        BurnRate(budget=0.02, long_minutes=60, short_minutes=5, severity="page"),
        BurnRate(budget=0.05, long_minutes=360, short_minutes=30, severity="page"),
        BurnRate(budget=0.10, long_minutes=1440, short_minutes=120, severity="ticket"),
        BurnRate(budget=0.10, long_minutes=4320, short_minutes=360, severity="ticket"),
    )

    def mistakes(self) -> list[str]:
        """Every burn-rate alarm can fire."""
        broken = []
        for rate in self.burn_rates:
            if (share := rate.factor * (1 - self.availability)) >= 1:
                broken.append(
                    f"burn_rates: {rate.budget:.0%} of the budget in {rate.long_minutes} minutes is a "
                    f"failure rate of {share:.0%}, so its alarm could never fire. Lower its budget, or "
                    "lengthen its window"
                )
            if rate.long_minutes > LONGEST_WINDOW:
                broken.append(
                    f"burn_rates: a window of {rate.long_minutes} minutes is longer than the "
                    f"{LONGEST_WINDOW} that CloudWatch looks back. Shorten it"
                )
        return broken
