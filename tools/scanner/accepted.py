"""The findings that stay, each with its reason: tools/scanner/accepted.yaml."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Annotated

import yaml
from pydantic import BaseModel, ConfigDict, Field, TypeAdapter

from tools.scanner.checkov import Finding

FILE = Path(__file__).parent / "accepted.yaml"


class Accepted(BaseModel):
    """Findings of one check that stay as they are.

    Attributes:
        check: Such as "CKV_AWS_144".
        resources: Terraform's addresses; `*` stands for any characters.
        environments: Where; everywhere if absent.
        reason: Why it is right, or what stands in its place.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    check: Annotated[str, Field(pattern=r"^CKV2?_AWS_\d+$")]
    resources: Annotated[tuple[str, ...], Field(min_length=1)]
    environments: Annotated[tuple[str, ...], Field(min_length=1)] | None = None
    reason: Annotated[str, Field(min_length=20)]


def read(file: Path = FILE) -> list[Accepted]:
    """Read the file.

    Raises:
        ValidationError: It is not a list of such entries.
    """
    document = yaml.safe_load(file.read_text(encoding="utf-8")) or []
    return TypeAdapter(list[Accepted]).validate_python(document)


def unexplained(findings: Iterable[Finding], accepted: Sequence[Accepted]) -> list[Finding]:
    """Return the findings that no entry accepts."""
    return [
        finding
        for finding in findings
        if not any(
            _matches(entry, pattern, finding) for entry in accepted for pattern in entry.resources
        )
    ]


def stale(findings: Sequence[Finding], accepted: Iterable[Accepted]) -> list[str]:
    """Return what is accepted and found nowhere any more, or not in an environment that is named.

    Args:
        findings: Of every environment.
        accepted: The entries.
    """
    return [
        f"{entry.check} {pattern}{f' in {environment}' if environment else ''}"
        for entry in accepted
        for pattern in entry.resources
        for environment in entry.environments or (None,)
        if not any(
            _matches(entry, pattern, finding) and environment in (None, finding.environment)
            for finding in findings
        )
    ]


def _matches(entry: Accepted, pattern: str, finding: Finding) -> bool:
    return (
        entry.check == finding.check
        and fnmatchcase(finding.resource, pattern)
        and (entry.environments is None or finding.environment in entry.environments)
    )
