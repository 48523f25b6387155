"""Every number that more than one part of mlflow-ha needs, each in one place.

`load("local")` reads `stacks/Pulumi.local.yaml`, the same file Pulumi reads, and returns a frozen
`Settings`. Unknown keys are refused, and all mistakes of one file are reported together, each with
the key, the value, the rule it broke and what to do.

Durations are in seconds unless the name says otherwise.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Annotated, Any

import yaml
from pydantic import Field, ValidationError

from setting_groups.aws.environment import Aws
from setting_groups.aws.service import SYSTEM_GIB
from setting_groups.database import Database, Failover
from setting_groups.frozen import KEYS_ONLY, Frozen
from setting_groups.local import Local, Storage
from setting_groups.mistakes import explained
from setting_groups.objectives import Objectives
from setting_groups.tracking import Tracking

STACKS = Path(__file__).parent / "stacks"
NAMESPACE = "mlflow-ha:"

ALONE = 1
LONGEST_BORROWING = 300
"""Seconds that RDS Proxy may let a client wait for a connection (API: ConnectionBorrowTimeout)."""


class SettingsError(ValueError):
    """A settings file that cannot be used; the text lists every mistake in it."""


class Settings(Frozen):
    """One environment, whole."""

    environment: Annotated[str, Field(pattern=r"^[a-z][a-z0-9]*(-[a-z0-9]+)*$", max_length=31)]
    production: bool = False
    objectives: Objectives = Objectives()
    tracking: Tracking = Tracking()
    database: Database = Database()
    failover: Failover = Failover()
    storage: Storage = Storage()
    local: Local = Local()
    aws: Aws | None = None
    """Present in every environment that Pulumi makes."""

    def mistakes(self) -> list[str]:
        """The groups agree with each other."""
        return [text for rule in _RULES if (text := rule(self))]

    @property
    def fleet_connections(self) -> int:
        """Connections the whole fleet can open, a deployment's surge included.

        The pooler multiplexes, and RDS Proxy may: neither is counted on, so that pinned sessions
        or a bypassed pooler never exhaust the server.
        """
        return self.tracking.peak_instances * self.tracking.connections_per_instance


def _fleet_fits_the_database(s: Settings) -> str | None:
    usable = s.database.usable_connections
    if s.fleet_connections <= usable:
        return None
    return (
        f"tracking: {s.tracking.peak_instances} instances during a deployment x "
        f"{s.tracking.connections_per_instance} connections = {s.fleet_connections}, but "
        f"database.max_connections {s.database.max_connections} leaves "
        f"{usable}. Lower tracking.api_concurrency, or raise database.max_connections to "
        f"{s.fleet_connections + s.database.operator_connections}"
    )


def _enough_nodes_for_a_synchronous_standby(s: Settings) -> str | None:
    needed = s.database.synchronous_nodes + 2
    if not s.production and s.environment != "local":
        return None
    if s.database.nodes >= needed:
        return None
    return (
        f"database.nodes {s.database.nodes}: with synchronous_nodes "
        f"{s.database.synchronous_nodes}, fewer than {needed} nodes stop writing when one is lost. "
        f"Set database.nodes to {needed} or more"
    )


def _redundant_instances(s: Settings) -> str | None:
    if s.tracking.instances > ALONE or not (s.production or s.environment == "local"):
        return None
    return (
        f"tracking.instances {s.tracking.instances}: nothing may stand alone here. "
        "Set tracking.instances to 2 or more"
    )


def _objectives_agree_with_the_lease(s: Settings) -> str | None:
    if s.objectives.primary_host_loss > s.failover.lease:
        return None
    return (
        f"objectives.primary_host_loss {s.objectives.primary_host_loss:g} s cannot be met: a lost "
        f"host is noticed only when failover.lease ({s.failover.lease} s) runs out. Set it above "
        "the lease"
    )


def _promise_covers_every_drill(s: Settings) -> str | None:
    o = s.objectives
    drills = (o.primary_crash, o.primary_host_loss, o.instance_loss, o.front_door_loss)
    if max(drills) <= o.recovery:
        return None
    return (
        f"objectives: a drill may take {max(drills):g} s, longer than objectives.recovery "
        f"{o.recovery:g} s that users are promised. Lower the drill's objective"
    )


def _production_is_never_single(s: Settings) -> str | None:
    if not (s.production and s.aws and s.aws.rds.topology == "single"):
        return None
    if s.aws.role == "pilot_light":
        return None
    return (
        "aws.rds.topology single: production has no standby then. Use multi_az_cluster or "
        "multi_az_instance"
    )


def _production_loses_no_zone_with_one_gateway(s: Settings) -> str | None:
    if not (s.production and s.aws) or s.aws.network.egress != "nat":
        return None
    if s.aws.network.nat_gateways == "per_zone":
        return None
    return (
        "aws.network.nat_gateways one: the loss of its zone would keep new tasks from starting. "
        "Set per_zone, or egress: endpoints"
    )


def _memory_carries_the_connections(s: Settings) -> str | None:
    if not s.aws or s.database.max_connections <= s.aws.rds.most_connections:
        return None
    return (
        f"database.max_connections {s.database.max_connections}: aws.rds.instance_class "
        f"{s.aws.rds.instance_class} has memory for {s.aws.rds.most_connections}. Lower it, or "
        "choose a larger class"
    )


def _disk_holds_what_is_staged(s: Settings) -> str | None:
    if not s.aws:
        return None
    service = s.aws.service
    needed = SYSTEM_GIB + service.largest_artifact_gib * s.tracking.artifact_concurrency
    if service.ephemeral_gib >= needed:
        return None
    return (
        f"aws.service.ephemeral_gib {service.ephemeral_gib}: {s.tracking.artifact_concurrency} "
        f"artifacts of {service.largest_artifact_gib} GiB may be staged at once. Set it to "
        f"{needed}, or lower tracking.artifact_concurrency"
    )


def _proxy_waits_as_long_as_it_may(s: Settings) -> str | None:
    if not s.aws or not s.aws.rds.proxy or s.failover.query_wait <= LONGEST_BORROWING:
        return None
    return (
        f"failover.query_wait {s.failover.query_wait:g} s: RDS Proxy waits {LONGEST_BORROWING} s at "
        "most. Lower it, or set aws.rds.proxy: false"
    )


def _door_waits_as_long_as_clients(s: Settings) -> str | None:
    if not s.aws or s.aws.front_door.idle_timeout > s.tracking.client_timeout:
        return None
    return (
        f"aws.front_door.idle_timeout {s.aws.front_door.idle_timeout} s: must exceed "
        f"tracking.client_timeout {s.tracking.client_timeout:g} s, or the balancer ends requests "
        "that their clients still wait for. Raise it"
    )


_RULES = (
    _fleet_fits_the_database,
    _enough_nodes_for_a_synchronous_standby,
    _redundant_instances,
    _objectives_agree_with_the_lease,
    _promise_covers_every_drill,
    _production_is_never_single,
    _production_loses_no_zone_with_one_gateway,
    _memory_carries_the_connections,
    _disk_holds_what_is_staged,
    _proxy_waits_as_long_as_it_may,
    _door_waits_as_long_as_clients,
)


def load(environment: str, *, stacks: Path = STACKS) -> Settings:
    """Read and check `stacks/Pulumi.<environment>.yaml`.

    Args:
        environment: The stack's name, such as "local" or "prod".
        stacks: The folder that holds the files.

    Raises:
        SettingsError: The file is missing, is not YAML, or holds at least one mistake.
    """
    path = stacks / f"Pulumi.{environment}.yaml"
    try:
        document = yaml.safe_load(path.read_text(encoding="utf-8")) or {}
    except FileNotFoundError:
        known = sorted(p.stem.removeprefix("Pulumi.") for p in stacks.glob("Pulumi.*.yaml"))
        raise SettingsError(
            f"no settings for environment {environment!r}: {path} does not exist. "
            f"Use one of: {', '.join(known) or 'none found'}"
        ) from None
    except yaml.YAMLError as error:
        raise SettingsError(f"{path} is not YAML: {error}. Mend the syntax there") from error
    if not isinstance(document, dict) or not isinstance(document.get("config", {}), dict):
        raise SettingsError(f"{path}: expected a mapping with a `config:` mapping in it")
    return parse(values_in(document.get("config") or {}), source=str(path))


def values_in(config: Mapping[str, Any]) -> dict[str, Any]:
    """Return what is said to this project.

    Args:
        config: By its keys with their namespaces, as under `config:`.
    """
    values = {
        key.removeprefix(NAMESPACE): value
        for key, value in config.items()
        if str(key).startswith(NAMESPACE)
    }
    if isinstance(aws := values.get("aws"), dict) and "aws:region" in config:
        values["aws"] = {"region": config["aws:region"], **aws}
    return values


def parse(values: dict[str, Any], *, source: str) -> Settings:
    """Check `values` and return the settings they stand for.

    Args:
        values: Nested mapping, as under `config:` without the namespace.
        source: Where they come from, named in the error.

    Raises:
        SettingsError: Lists every mistake, a line or two each.
    """
    try:
        return Settings.model_validate(values)
    except ValidationError as error:
        mistakes = explained(error, Settings)
        with suppress(ValidationError):  # where every key is right, also what holds between groups
            loose = Settings.model_validate(values, context=KEYS_ONLY)
            between = [f"aws: {line}" for line in loose.aws.mistakes()] if loose.aws else []
            between += loose.mistakes()
            mistakes += [line for line in between if line not in mistakes]
        noun = "mistake" if len(mistakes) == 1 else "mistakes"
        text = "\n".join(f"  - {line}" for line in mistakes)
        raise SettingsError(f"{source}: {len(mistakes)} {noun}\n{text}") from None
