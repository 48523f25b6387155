"""The environments whose alarms are looked at: all there are, and one with every option."""

import settings
from observability.catalogue import Catalogue, catalogue
from settings import Settings

NAMES = ("dev", "staging", "prod", "prod-dr")


def behind_nat(name: str = "prod") -> Settings:
    """Return an environment that leaves through NAT gateways."""
    given = settings.load(name)
    assert given.aws is not None
    network = given.aws.network.model_copy(update={"egress": "nat"})
    return given.model_copy(update={"aws": given.aws.model_copy(update={"network": network})})


def every_catalogue() -> dict[str, Catalogue]:
    """Return what is watched, by the environment."""
    found = {name: catalogue(settings.load(name)) for name in NAMES}
    return {**found, "prod behind NAT": catalogue(behind_nat())}
