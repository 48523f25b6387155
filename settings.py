"""Every number that more than one part of mlflow-ha needs, each in one place.

`load("local")` reads `stacks/Pulumi.local.yaml`, the same file Pulumi reads, and returns a frozen
`Settings`. Unknown keys are refused, and all mistakes of one file are reported together, each with
the key, the value, the rule it broke and what to do.

Durations are in seconds unless the name says otherwise.
"""

from __future__ import annotations

import difflib
import ipaddress
from pathlib import Path
from typing import Annotated, Any, Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

STACKS = Path(__file__).parent / "stacks"
NAMESPACE = "mlflow-ha:"

# Every cluster gets 256 addresses: enough for ten hosts of each role.
NETWORK_PREFIX = 24
BENCHMARK_NETWORK = ipaddress.IPv4Network("198.18.0.0/15")
ALONE = 1

# Patroni raises a smaller lease to 20 s without a word (patroni 4.1, config.py and validator.py).
SMALLEST_LEASE = 20

Seconds = Annotated[float, Field(gt=0)]
Share = Annotated[float, Field(gt=0, lt=1)]


class SettingsError(ValueError):
    """A settings file that cannot be used; the text lists every mistake in it."""


class Frozen(BaseModel):
    """A group of settings: immutable, and a key it does not know is a mistake."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Objectives(Frozen):
    """What users are promised. Drills, alarms, dashboards and the README read it here."""

    availability: Share = 0.999
    recovery: Annotated[Seconds, Field(le=300)] = 300
    """The promise for any single failure: five minutes."""
    registration_p99: Seconds = 2
    failed_registrations: Share = 0.001

    primary_crash: Seconds = 6
    """Longest gap without a successful write after the primary's postmaster is killed."""
    primary_host_loss: Seconds = 30
    """The lease (20 s) has to run out first: nobody but the lease can tell death from silence."""
    instance_loss: Seconds = 5
    """A health check that fails twice takes an instance out; requests elsewhere never stop."""
    database_return: Seconds = 30
    """From the end of a database outage, however long, until writes succeed by themselves."""
    front_door_loss: Seconds = 8
    """keepalived moves the address after three missed advertisements."""
    redundancy_restored: Seconds = 180
    """Until every host and every replica is back after the fault is healed."""


class Tracking(Frozen):
    """The MLflow fleet: how many instances, and how much each may do at once."""

    instances: Annotated[int, Field(ge=1, le=20)] = 3
    surge_instances: Annotated[int, Field(ge=0, le=20)] = 1
    """Instances that exist beyond `instances` during a deployment, for the connection budget."""
    api_concurrency: Annotated[int, Field(ge=1, le=38)] = 8
    """Requests of one instance that may use the database at once. MLflow runs them on 40 threads
    (anyio's default), two of which stay free for everything else."""
    artifact_concurrency: Annotated[int, Field(ge=1, le=38)] = 8
    queue_seconds: Seconds = 15
    """Longest wait for a free slot before the answer is 503 with Retry-After."""
    nested_connections: Annotated[int, Field(ge=1)] = 4
    """Connections one request holds at once from the tracking engine: log_batch that renames its
    run has four sessions open (measured; server/src/mlflow_ha_server/pool.py)."""
    auth_cache_seconds: Annotated[int, Field(ge=1, le=600)] = 60
    """How long a changed password may still be accepted by an instance that did not see it."""
    client_timeout: Seconds = 120
    """The longest request: MLflow's own client gives up after this (MLFLOW_HTTP_REQUEST_TIMEOUT)."""

    @property
    def pool_size(self) -> int:
        """Connections of the tracking engine, so that no set of requests can deadlock.

        C requests that hold d - 1 connections each, waiting for their last, leave one of
        C x (d - 1) + 1 free; one more is for `/writable`, which goes through the same pool.
        """
        return self.api_concurrency * (self.nested_connections - 1) + 2

    @property
    def connections_per_instance(self) -> int:
        """The most connections one instance can have open, over its four engines.

        Beside tracking: registry (2 at once per request), authentication (1) and jobs (1);
        tests/unit/test_connection_budget.py holds this to what the server itself counts.
        """
        registry, authentication, jobs = self.api_concurrency + 1, self.api_concurrency // 2 + 1, 2
        return self.pool_size + registry + authentication + jobs


class Database(Frozen):
    """PostgreSQL: the nodes and the connections it grants."""

    nodes: Annotated[int, Field(ge=1, le=9)] = 3
    synchronous_nodes: Annotated[int, Field(ge=1)] = 1
    """Standbys that must have a commit before it is acknowledged (Patroni's quorum)."""
    max_connections: Annotated[int, Field(ge=20, le=5000)] = 250
    operator_connections: Annotated[int, Field(ge=5)] = 15
    """Kept for Patroni, replication, migrations and people; the fleet never gets them."""
    lock_timeout: Seconds = 10

    @property
    def usable_connections(self) -> int:
        return self.max_connections - self.operator_connections


class Failover(Frozen):
    """How a dead primary is noticed and replaced. Measured: docs/evidence/drills.json."""

    lease: Annotated[int, Field(ge=SMALLEST_LEASE)] = 20
    loop_wait: Annotated[int, Field(ge=1)] = 1
    retry_timeout: Annotated[int, Field(ge=3)] = 3
    maximum_lag_bytes: Annotated[int, Field(ge=1)] = 1 << 20
    check_interval_ms: Annotated[int, Field(ge=100)] = 500
    """How often a balancer asks; after a first failure it asks at half this interval."""
    checks_to_fall: Annotated[int, Field(ge=1)] = 2
    tcp_user_timeout_ms: Annotated[int, Field(ge=500)] = 3000
    query_wait: Seconds = 10
    """How long the pooler holds a query while no primary is known, before it gives up."""

    @model_validator(mode="after")
    def _lease_outlives_two_retries(self) -> Failover:
        floor = self.loop_wait + 2 * self.retry_timeout
        if self.lease < floor:
            raise ValueError(
                f"lease {self.lease} s is shorter than loop_wait + 2 x retry_timeout = {floor} s: "
                f"a primary would lose its lease while still retrying. Raise lease to {floor}"
            )
        return self


class Storage(Frozen):
    """The object store of the local cluster."""

    zones: Literal[3] = 3
    """One replica per zone: two of three make a write, so one zone may be lost."""
    proxies: Annotated[int, Field(ge=2, le=3)] = 2
    partition_power: Annotated[int, Field(ge=4, le=16)] = 6
    largest_object_bytes: Annotated[int, Field(ge=1 << 20)] = 5 << 30


class Local(Frozen):
    """The cluster on one machine."""

    network: ipaddress.IPv4Network = ipaddress.IPv4Network("198.18.0.0/24")
    """A /24 for the hosts, out of the range kept for benchmarks (RFC 2544)."""
    startup: Seconds = 120
    """Longest wait of `make up` for the first successful write."""

    @model_validator(mode="after")
    def _network_is_ours_to_use(self) -> Local:
        ours = self.network.subnet_of(BENCHMARK_NETWORK)
        if self.network.prefixlen != NETWORK_PREFIX or not ours:
            raise ValueError(
                f"network {self.network} is not a /24 inside {BENCHMARK_NETWORK}, the range that no real "
                "network uses (RFC 2544). Choose for instance 198.18.7.0/24"
            )
        return self


class Settings(Frozen):
    """One environment, whole."""

    environment: Annotated[str, Field(pattern=r"^[a-z][a-z0-9-]{0,30}$")]
    production: bool = False
    objectives: Objectives = Objectives()
    tracking: Tracking = Tracking()
    database: Database = Database()
    failover: Failover = Failover()
    storage: Storage = Storage()
    local: Local = Local()

    @model_validator(mode="after")
    def _rules_across_groups(self) -> Settings:
        broken = [text for rule in _RULES if (text := rule(self))]
        if broken:
            raise ValueError("\n".join(broken))
        return self

    @property
    def fleet_connections(self) -> int:
        """Connections the whole fleet can open, a deployment's surge included.

        The pooler multiplexes, and RDS Proxy may: neither is counted on, so that pinned sessions
        or a bypassed pooler never exhaust the server.
        """
        fleet = self.tracking.instances + self.tracking.surge_instances
        return fleet * self.tracking.connections_per_instance


def _fleet_fits_the_database(s: Settings) -> str | None:
    usable = s.database.usable_connections
    if s.fleet_connections <= usable:
        return None
    fleet = s.tracking.instances + s.tracking.surge_instances
    return (
        f"tracking: {fleet} instances x {s.tracking.connections_per_instance} connections = "
        f"{s.fleet_connections}, but database.max_connections {s.database.max_connections} leaves "
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


_RULES = (
    _fleet_fits_the_database,
    _enough_nodes_for_a_synchronous_standby,
    _redundant_instances,
    _objectives_agree_with_the_lease,
    _promise_covers_every_drill,
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
    values = {
        key.removeprefix(NAMESPACE): value
        for key, value in (document.get("config") or {}).items()
        if str(key).startswith(NAMESPACE)
    }
    return parse(values, source=str(path))


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
        mistakes = [line for item in error.errors() for line in _explain(item)]
        noun = "mistake" if len(mistakes) == 1 else "mistakes"
        text = "\n".join(f"  - {line}" for line in mistakes)
        raise SettingsError(f"{source}: {len(mistakes)} {noun}\n{text}") from None


def _explain(item: Any) -> list[str]:
    key = ".".join(str(part) for part in item["loc"])
    if item["type"] == "extra_forbidden":
        near = difflib.get_close_matches(str(item["loc"][-1]), _keys_beside(item["loc"]), n=1)
        hint = f"Did you mean {near[0]!r}?" if near else "Remove it"
        return [f"{key} = {item['input']!r}: no such setting. {hint}"]
    if item["type"] == "missing":
        return [f"{key}: is required and missing. Add it"]
    if item["type"] == "value_error":
        prefix = f"{key}: " if key else ""
        return [prefix + line for line in str(item["ctx"]["error"]).splitlines()]
    rule = item["msg"][0].lower() + item["msg"][1:]
    return [f"{key} = {item['input']!r}: {rule}. Change it to a value that fits"]


def _keys_beside(location: tuple[int | str, ...]) -> list[str]:
    model: type[BaseModel] = Settings
    for part in location[:-1]:
        inner = model.model_fields[str(part)].annotation
        if not (isinstance(inner, type) and issubclass(inner, BaseModel)):
            return []
        model = inner
    return list(model.model_fields)
