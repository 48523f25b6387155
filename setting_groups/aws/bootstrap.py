"""The account: which environments it has, where they are and what deploys them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated

from pydantic import Field

from setting_groups.frozen import Frozen

Region = Annotated[str, Field(pattern=r"^[a-z]{2}(-[a-z]+)+-\d$")]
Environment = Annotated[str, Field(pattern=r"^[a-z][a-z0-9]*(-[a-z0-9]+)*$", max_length=31)]


class Place(Frozen):
    """Where one environment is."""

    region: Region
    zone_id: Annotated[str, Field(pattern=r"^Z[A-Z0-9]{4,31}$")] | None = None
    """The Route 53 zone of its name; the role that deploys it may change this one only. As in the
    environment's `front_door.zone_id`."""


class Bootstrap(Frozen):
    """The program in bootstrap/, whole."""

    region: Region
    """The account's home: images are pushed here, and replicated to the other regions."""
    owner: Annotated[str, Field(pattern=r"^[\w.@ -]{2,64}$")]
    """Who answers for the account; a tag on every resource."""
    repository: Annotated[str, Field(pattern=r"^[\w.-]+/[\w.-]+$")]
    """On GitHub, as OWNER/NAME: only its workflows may take the roles that are made here."""
    environments: Annotated[Mapping[Environment, Place], Field(min_length=1)]
    """By the stack's name, which is also that of the environment on GitHub."""

    @property
    def regions(self) -> tuple[str, ...]:
        """Every region in use, the account's home first."""
        used = (place.region for place in self.environments.values())
        return tuple(dict.fromkeys((self.region, *used)))
