"""A finding is accepted where its entry says, and an entry that accepts nothing is found."""

from __future__ import annotations

from pathlib import Path

import pytest
from pydantic import ValidationError

from tools.scanner.accepted import Accepted, read, stale, unexplained
from tools.scanner.checkov import Finding

REASON = "It is right because of this and that"
LOGS = Finding("CKV_AWS_145", "aws_s3_bucket.access-logs", "prod", "uses KMS")
DEV = Finding("CKV_AWS_157", "aws_db_instance.database", "dev", "is Multi-AZ")
PROD = Finding("CKV_AWS_157", "aws_db_instance.database", "prod", "is Multi-AZ")


def entry(check: str, *resources: str, environments: tuple[str, ...] | None = None) -> Accepted:
    return Accepted(check=check, resources=resources, environments=environments, reason=REASON)


def test_an_entry_accepts_its_check_and_its_resources_only() -> None:
    accepted = [entry("CKV_AWS_145", "aws_s3_bucket.*-logs")]
    assert unexplained([LOGS, DEV], accepted) == [DEV]
    assert unexplained([LOGS], [entry("CKV_AWS_144", "*")]) == [LOGS]


def test_what_development_may_do_production_may_not() -> None:
    accepted = [entry("CKV_AWS_157", "aws_db_instance.*", environments=("dev",))]
    assert unexplained([DEV, PROD], accepted) == [PROD]


def test_an_entry_that_accepts_nothing_is_stale() -> None:
    accepted = [entry("CKV_AWS_145", "aws_s3_bucket.access-logs", "aws_s3_bucket.gone")]
    assert stale([LOGS], accepted) == ["CKV_AWS_145 aws_s3_bucket.gone"]


def test_an_environment_that_is_named_for_nothing_is_stale() -> None:
    accepted = [entry("CKV_AWS_157", "*", environments=("dev", "staging"))]
    assert stale([DEV, PROD], accepted) == ["CKV_AWS_157 * in staging"]


@pytest.mark.parametrize(
    "line",
    [
        "{check: CKV_AWS_1, resources: [a]}",
        "{check: CKV_AWS_1, resources: [a], reason: no}",
        f"{{check: CKV_AWS_1, resources: [], reason: {REASON}}}",
        f"{{check: everything, resources: [a], reason: {REASON}}}",
        f"{{check: CKV_AWS_1, resources: [a], reasom: x, reason: {REASON}}}",
    ],
)
def test_an_entry_without_a_reason_or_with_a_slip_is_refused(tmp_path: Path, line: str) -> None:
    file = tmp_path / "accepted.yaml"
    file.write_text(f"- {line}\n")
    with pytest.raises(ValidationError):
        read(file)
