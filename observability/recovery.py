"""What a recovery would need: copies in the second region, backups, dumps."""

from __future__ import annotations

from observability.alarm import (
    DAY,
    HOUR,
    KEEPS_ITS_STATE,
    MINUTE,
    ONLY_WHEN_SOMETHING_HAPPENS,
    SILENCE_IS_THE_FAULT,
    Alarm,
    Metric,
    Place,
)
from setting_groups.aws.recovery import Recovery

_FIVE_MINUTES = 5 * MINUTE
_REPLICATED_WITHIN = 15 * MINUTE
"""What S3's replication time control promises."""


def alarms(recovery: Recovery) -> tuple[Alarm, ...]:
    """Return the alarms on copies and backups."""
    return (
        *(_replication() if recovery.second_region else ()),
        *_backups(),
        *(_dumps(recovery.dump_every_hours) if recovery.dump_every_hours else ()),
    )


def _copied(name: str, statistic: str) -> Metric:
    return Metric(
        namespace="AWS/S3",
        name=name,
        statistic=statistic,
        dimensions={
            "SourceBucket": Place.BUCKET,
            "DestinationBucket": Place.REPLICA_BUCKET,
            "RuleId": Place.REPLICATION_RULE,
        },
    )


def _replication() -> tuple[Alarm, ...]:
    return (
        Alarm(
            name="ReplicationSlow",
            severity="ticket",
            means="An artifact took more than 15 minutes to reach the second region.",
            metrics=(_copied("ReplicationLatency", "Maximum"),),
            period=_FIVE_MINUTES,
            periods=3,
            comparison=">",
            threshold=_REPLICATED_WITHIN,
            missing=KEEPS_ITS_STATE,
        ),
        Alarm(
            name="ReplicationFailed",
            severity="ticket",
            means="An artifact could not be copied to the second region.",
            metrics=(_copied("OperationsFailedReplication", "Sum"),),
            period=_FIVE_MINUTES,
            periods=1,
            comparison=">",
            threshold=0,
            missing=ONLY_WHEN_SOMETHING_HAPPENS,
        ),
    )


def _jobs(name: str) -> Metric:
    return Metric(
        namespace="AWS/Backup",
        name=name,
        statistic="Sum",
        dimensions={"BackupVaultName": Place.VAULT},
    )


def _backups() -> tuple[Alarm, ...]:
    return (
        Alarm(
            name="BackupFailed",
            severity="ticket",
            means="A job of AWS Backup failed.",
            metrics=(_jobs("NumberOfBackupJobsFailed"),),
            period=HOUR,
            periods=1,
            comparison=">",
            threshold=0,
            missing=ONLY_WHEN_SOMETHING_HAPPENS,
        ),
        Alarm(
            name="BackupMissing",
            severity="ticket",
            means="No job of AWS Backup has been completed for two days.",
            metrics=(_jobs("NumberOfBackupJobsCompleted"),),
            period=2 * DAY,
            periods=1,
            comparison="<",
            threshold=1,
            missing=SILENCE_IS_THE_FAULT,
        ),
    )


def _fired(rule: Place) -> Metric:
    return Metric(
        namespace="AWS/Events",
        name="TriggeredRules",
        statistic="Sum",
        dimensions={"RuleName": rule},
    )


def _dumps(hours: int) -> tuple[Alarm, ...]:
    return (
        Alarm(
            name="DumpOverdue",
            severity="page",
            means=f"No dump of the database has succeeded for {2 * hours} hours; the loss of the "
            f"region may cost {hours}.",
            metrics=(_fired(Place.DUMP_DONE_RULE),),
            period=2 * hours * HOUR,
            periods=1,
            comparison="<",
            threshold=1,
            missing=SILENCE_IS_THE_FAULT,
        ),
        Alarm(
            name="DumpFailed",
            severity="ticket",
            means="A dump of the database ended with an error.",
            metrics=(_fired(Place.DUMP_FAILED_RULE),),
            period=_FIVE_MINUTES,
            periods=1,
            comparison=">",
            threshold=0,
            missing=ONLY_WHEN_SOMETHING_HAPPENS,
        ),
        Alarm(
            name="DumpNotStarted",
            severity="ticket",
            means="A dump of the database could not even be started.",
            metrics=(
                Metric(
                    namespace="AWS/SQS",
                    name="ApproximateNumberOfMessagesVisible",
                    statistic="Maximum",
                    dimensions={"QueueName": Place.DUMP_QUEUE},
                ),
            ),
            period=_FIVE_MINUTES,
            periods=1,
            comparison=">",
            threshold=0,
            missing=KEEPS_ITS_STATE,
        ),
    )
