"""Backups, copies in the second region, and what protects them."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from setting_groups.frozen import Frozen

COMPLIANCE_GRACE_DAYS = 3


class SecondRegion(Frozen):
    """Where copies go: outputs of the stack that stands by in the other region."""

    region: Annotated[str, Field(pattern=r"^[a-z]{2}(-[a-z]+)+-\d$")]
    bucket_arn: Annotated[str, Field(pattern=r"^arn:aws[\w-]*:s3:::[a-z0-9.-]+$")]
    bucket_key_arn: Annotated[str, Field(pattern=r"^arn:aws[\w-]*:kms:[\w-]+:\d{12}:key/.+$")]
    vault_arn: (
        Annotated[str, Field(pattern=r"^arn:aws[\w-]*:backup:[\w-]+:\d{12}:backup-vault:.+$")]
        | None
    ) = None
    """Given: backups of the database are copied there. A Multi-AZ cluster's cannot leave."""

    def mistakes(self) -> list[str]:
        """Its key and its vault are where it says it is."""
        placed = {"bucket_key_arn": self.bucket_key_arn, "vault_arn": self.vault_arn}
        return [
            f"{key} {arn}: is not in region {self.region}. Give the one there"
            for key, arn in placed.items()
            if arn and f":{self.region}:" not in arn
        ]


class Recovery(Frozen):
    """How much can be lost, and how it is got back."""

    second_region: SecondRegion | None = None
    vault_days: Annotated[int, Field(ge=7, le=36500)] = 35
    vault_lock: Literal["none", "governance", "compliance"] = "governance"
    """Compliance cannot be taken back by anybody, AWS included, and blocks tear-down."""
    compliance_grace_days: Annotated[int, Field(ge=COMPLIANCE_GRACE_DAYS)] | None = None
    """Days in which a compliance lock can still be removed; required with it, refused otherwise."""
    dump_every_hours: Literal[1, 2, 3, 4, 6, 8, 12, 24] | None = None
    """A logical dump into the replicated bucket: the most that the loss of a region can cost
    where the topology's own backups cannot leave it."""
    noncurrent_days: Annotated[int, Field(ge=1, le=3650)] = 30
    """How long an overwritten or deleted artifact can be brought back."""

    def mistakes(self) -> list[str]:
        """A lock that nobody can take back was meant."""
        if (self.vault_lock == "compliance") == (self.compliance_grace_days is not None):
            return []
        return [
            (
                f"vault_lock {self.vault_lock} and compliance_grace_days "
                f"{self.compliance_grace_days}: a compliance lock is for ever and has to be asked "
                f"for twice. Set compliance_grace_days to {COMPLIANCE_GRACE_DAYS} or more with "
                "vault_lock compliance, and not otherwise"
            )
        ]
