"""What every group of settings is: immutable, strict about its keys, checked as a whole."""

from __future__ import annotations

from typing import Annotated, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationInfo, model_validator

Seconds = Annotated[float, Field(gt=0)]
Share = Annotated[float, Field(gt=0, lt=1)]

KEYS_ONLY = "check each key, not the rules between them"
"""A validation context under which `mistakes` is not asked."""


class Frozen(BaseModel):
    """A group of settings: immutable, and a key it does not know is a mistake."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    def mistakes(self) -> list[str]:
        """Return what is wrong between the keys of this group: key, value, rule, remedy."""
        return []

    @model_validator(mode="after")
    def _has_no_mistakes(self, info: ValidationInfo) -> Self:
        if info.context != KEYS_ONLY and (found := self.mistakes()):
            raise ValueError("\n".join(found))
        return self
