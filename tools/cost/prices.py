"""The prices in prices.yaml, found by name and region."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Annotated, Literal

import yaml
from pydantic import Field, TypeAdapter

from setting_groups.frozen import Frozen

FILE = Path(__file__).with_name("prices.yaml")
PLACE = "tools/cost/prices.yaml"
Confidence = Literal["published", "remembered"]


class PriceError(ValueError):
    """A price that is not known."""


class Price(Frozen):
    """One list price."""

    name: str
    usd: Annotated[Decimal, Field(ge=0)]
    """For one `unit`."""
    unit: str
    date: Annotated[str, Field(pattern=r"^\d{4}-\d{2}$")]
    page: Annotated[str, Field(pattern=r"^https://aws\.amazon\.com/.+/$")]
    """Where AWS publishes it."""
    confidence: Annotated[Mapping[str, Confidence], Field(min_length=1)]
    """By region: whether the number was compared with a text that quotes the page."""


@cache
def known() -> tuple[Price, ...]:
    """Return every price of the file."""
    document = yaml.safe_load(FILE.read_text(encoding="utf-8"))
    return TypeAdapter(tuple[Price, ...]).validate_python(document)


def price(name: str, region: str) -> Price:
    """Return one price.

    Raises:
        PriceError: The file has none of that name in that region.
    """
    for one in known():
        if one.name == name and region in one.confidence:
            return one
    raise PriceError(
        f"no price {name!r} for region {region} in {PLACE}. Look it up on AWS's page and add it there"
    )
