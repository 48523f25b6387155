"""Faults on demand: which requests fail, and which are answered late.

They stand in a JSON file, read anew at each request, so that they can change while the engine runs:

    [{"type": "aws:ecs/service:Service", "method": "Create", "error": "ThrottlingException"},
     {"name": "writer", "delay_seconds": 2.5}]

A fault applies where everything it names (`type`, `name`, `method`) is equal to the request's.
Without `method`, it applies to Create, Update and Delete.
"""

from __future__ import annotations

from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError, model_validator

CHANGES = frozenset({"Create", "Update", "Delete"})


class FaultsError(ValueError):
    """A file of faults that cannot be used."""


class Fault(BaseModel):
    """What happens to requests that match.

    Attributes:
        type: Type of the resource, such as "aws:rds/cluster:Cluster"; every type if absent.
        name: Logical name of the resource; every name if absent.
        method: Name of the gRPC method, such as "Create".
        error: The message of the failure; no failure if absent.
        delay_seconds: How long the answer, or the failure, waits.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    type: str | None = None
    name: str | None = None
    method: str | None = None
    error: str | None = None
    delay_seconds: float = Field(default=0, ge=0)

    @model_validator(mode="after")
    def _names_something(self) -> Fault:
        if self.type is None and self.name is None:
            raise ValueError("a fault without type and name would hit everything: give one of them")
        return self

    def matches(self, *, method: str, type_: str, name: str) -> bool:
        return (
            self.type in (None, type_)
            and self.name in (None, name)
            and (method == self.method if self.method else method in CHANGES)
        )


def read(path: Path) -> list[Fault]:
    """Read the faults of a file; none if it does not exist.

    Raises:
        FaultsError: The file is not a list of faults.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        return []
    try:
        return TypeAdapter(list[Fault]).validate_json(text)
    except ValidationError as mistake:
        raise FaultsError(f"{path}: {mistake}") from None
