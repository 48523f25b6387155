"""The master user's password, taken from a secret and set at the database."""

from __future__ import annotations

from components.calls.clients import rds
from components.calls.secrets import password_of
from components.calls.waiting import until

ASK_EVERY = 10.0
LONGEST = 1800.0
"""Seconds for an instance to become available with the new password."""


def set_master_password(*, identifier: str, secret_arn: str, version_id: str, region: str) -> None:
    """Give the master user the password of one version of a secret, and wait until it holds.

    Args:
        identifier: The instance.
        secret_arn: The secret with the password.
        version_id: The version to use.
        region: Where both are.

    Raises:
        TimeoutError: The instance is not available again after half an hour.
    """
    client = rds(region)
    client.modify_db_instance(
        DBInstanceIdentifier=identifier,
        MasterUserPassword=password_of(secret_arn=secret_arn, version_id=version_id, region=region),
        ApplyImmediately=True,
    )

    def has_taken_it() -> bool:
        found = client.describe_db_instances(DBInstanceIdentifier=identifier)["DBInstances"][0]
        pending = "MasterUserPassword" in found.get("PendingModifiedValues", {})
        return found["DBInstanceStatus"] == "available" and not pending

    until(has_taken_it, every=ASK_EVERY, longest=LONGEST, what=f"new password of {identifier}")
