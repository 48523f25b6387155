"""What each command needs from the environment; every mistake reported at once.

One model per command, so that a process is given only the secrets it uses. The
variables are the fields' names in capitals after ``MLFLOW_HA_SERVER_``.
"""

import re
import socket
from collections.abc import Mapping
from typing import Annotated, ClassVar, Self

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    SecretStr,
    ValidationError,
    model_validator,
)
from sqlalchemy.engine import URL

from mlflow_ha_server import database_uri
from mlflow_ha_server.manifest import NAME
from mlflow_ha_server.pool import Pools, pools, smallest_safe_tracking

PREFIX = "MLFLOW_HA_SERVER_"
CANARY = "canary"
"""MLflow's user for the check that registers a model; nobody's administrator."""

_SHORTEST_PASSWORD = 12
"""Characters; MLflow's rule for users (mlflow/utils/validation.py), as good a floor for roles."""


_LONGEST_INSTANCE = 63
"""Characters; PostgreSQL cuts an application_name there."""


class ConfigurationError(Exception):
    """The environment does not describe something that can run."""


def _check_address(value: SecretStr) -> SecretStr:
    database_uri.parse(value.get_secret_value())
    return value


def _check_password(value: SecretStr) -> SecretStr:
    if len(value.get_secret_value()) < _SHORTEST_PASSWORD:
        raise ValueError(
            f"is shorter than {_SHORTEST_PASSWORD} characters; generate one: openssl rand -hex 24"
        )
    return value


def _check_artifacts(value: str) -> str:
    # A file:// destination would be another one on each instance.
    if not value.startswith("s3://"):
        raise ValueError("must be s3://BUCKET or s3://BUCKET/PREFIX, storage all instances share")
    return value


def _check_dumps(value: str) -> str:
    if not re.fullmatch(r"s3://[^/]+/.*[^/]", value):
        raise ValueError("must be s3://BUCKET/PREFIX, a prefix that holds dumps and nothing else")
    return value


def _host_name() -> str:
    return socket.gethostname()[:_LONGEST_INSTANCE]


def _split(value: object) -> object:
    return (
        tuple(p.strip() for p in value.split(",") if p.strip()) if isinstance(value, str) else value
    )


Address = Annotated[SecretStr, AfterValidator(_check_address)]
Password = Annotated[SecretStr, AfterValidator(_check_password)]
InstanceName = Annotated[
    str, Field(pattern=rf"^[A-Za-z0-9][A-Za-z0-9._-]{{0,{_LONGEST_INSTANCE - 1}}}$")
]
MigrateWait = Annotated[float, Field(gt=0, le=3600)]
Dumps = Annotated[str, AfterValidator(_check_dumps)]


class _Configuration(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    _known: ClassVar[set[str]] = set()

    @classmethod
    def __pydantic_init_subclass__(cls, **kwargs: object) -> None:
        _Configuration._known |= set(cls.model_fields)

    @classmethod
    def from_environment(cls, environment: Mapping[str, str]) -> Self:
        """Return the configuration, or report everything that is wrong with it.

        Raises:
            ConfigurationError: names each variable, the rule and the remedy.
        """
        given = {
            key.removeprefix(PREFIX).lower(): value
            for key, value in environment.items()
            if key.startswith(PREFIX) and value != ""
        }
        problems = [
            f"{PREFIX}{name.upper()}: is not a variable of this package; check its spelling"
            for name in sorted(set(given) - _Configuration._known)
        ]
        try:
            made = cls.model_validate({k: v for k, v in given.items() if k in cls.model_fields})
        except ValidationError as error:
            problems += [_describe(dict(e), given) for e in error.errors()]
        if problems:
            raise ConfigurationError("\n".join(problems))
        return made


def _describe(error: dict[str, object], given: Mapping[str, str]) -> str:
    location = error["loc"]
    if not isinstance(location, tuple) or not location:
        return str(error["msg"]).removeprefix("Value error, ")
    name = str(location[0])
    variable = f"{PREFIX}{name.upper()}"
    if error["type"] == "missing":
        return f"{variable}: is not set and has no default; set it"
    # Addresses, passwords and keys are never repeated.
    secret = re.search(r"PASSWORD|KEY|DATABASE_URI", variable)
    shown = "" if secret else f"={given.get(name, '')}"
    return f"{variable}{shown}: {str(error['msg']).removeprefix('Value error, ')}"


class ProvisionConfiguration(_Configuration):
    """Roles and the database; runs as the server's administrator."""

    admin_database_uri: Address
    owner_password: Password
    app_password: Password
    # The second login of the application, for a rotation: docs/adr/0021.
    app_b_password: Password | None = None
    reader_password: Password


class MigrateConfiguration(_Configuration):
    """The schema and MLflow's first users; runs as the owner, on the writer itself."""

    owner_database_uri: Address
    admin_username: str = Field(default="admin", min_length=1)
    admin_password: Password
    canary_password: Password | None = None
    migrate_wait_seconds: MigrateWait = 300

    @model_validator(mode="after")
    def _canary_is_no_administrator(self) -> Self:
        if self.canary_password and self.admin_username == CANARY:
            raise ValueError(
                f"{PREFIX}ADMIN_USERNAME={CANARY}: is the user of {PREFIX}CANARY_PASSWORD, who is"
                " no administrator; name another"
            )
        return self


class DumpConfiguration(_Configuration):
    """A logical dump; runs as the owner, on the writer itself."""

    owner_database_uri: Address
    dumps: Dumps
    migrate_wait_seconds: MigrateWait = 300


class RestoreConfiguration(DumpConfiguration):
    """A dump's way back into an empty database."""

    dump_name: str | None = Field(default=None, pattern=NAME)


class CheckConfiguration(_Configuration):
    """Reads the schema's versions; any role that can SELECT will do."""

    database_uri: Address


class ServeConfiguration(_Configuration):
    """One instance of the server."""

    host: str = "127.0.0.1"
    port: int = Field(default=5000, ge=0, le=65535)
    instance: Annotated[InstanceName, Field(default_factory=_host_name, validate_default=True)]
    database_uri: Address
    secret_key: Annotated[SecretStr, AfterValidator(_check_password)]
    artifacts_destination: Annotated[str, AfterValidator(_check_artifacts)]
    allowed_hosts: Annotated[tuple[str, ...], BeforeValidator(_split)] = Field(min_length=1)
    api_concurrency: int = Field(default=8, ge=1, le=500)
    artifact_concurrency: int = Field(default=8, ge=1, le=500)
    # Longer than a usual failover with its backlog, shorter than a client's 120 s.
    queue_seconds: float = Field(default=30, gt=0, le=120)
    pool_size: int = Field(default=26, ge=1, le=1000)
    # The contract of /writable is an answer within 1 s; 0.1 s is left for the way.
    probe_seconds: float = Field(default=0.9, gt=0, le=10)
    # How long a changed password still opens the other instances.
    # Never 0: authentication.py relies on the cache.
    auth_cache_seconds: int = Field(default=60, ge=1, le=3600)
    schema_wait_seconds: float = Field(default=120, ge=0, le=3600)
    # Time for the balancers to see /ready fail before connections are refused.
    drain_notice_seconds: float = Field(default=1, ge=0, le=60)
    drain_seconds: float = Field(default=25, gt=0, le=600)
    # Above the balancer's idle time-out, so that the balancer is the one that closes: the other
    # way round it sends requests into closed connections. An ALB's default is 60 s, its most 4000.
    keep_alive_seconds: int = Field(default=75, ge=1, le=4060)

    @model_validator(mode="after")
    def _pool_cannot_deadlock(self) -> Self:
        needed = smallest_safe_tracking(self.api_concurrency)
        if self.pool_size < needed:
            raise ValueError(
                f"{PREFIX}POOL_SIZE={self.pool_size}: {PREFIX}API_CONCURRENCY="
                f"{self.api_concurrency} requests can deadlock fewer than {needed} connections; "
                f"raise POOL_SIZE to {needed} or lower API_CONCURRENCY"
            )
        return self

    @property
    def pools(self) -> Pools:
        """The connections this instance may open, by engine."""
        return pools(self.pool_size, self.api_concurrency)

    def database(self, engine: str) -> URL:
        """Return the address an engine opens: time-outs, name and pool included.

        Args:
            engine: a field of ``Pools``.
        """
        url = database_uri.with_socket_defaults(
            database_uri.parse(self.database_uri.get_secret_value()),
            f"mlflow-{self.instance}",
        )
        return database_uri.with_pool(url, engine, getattr(self.pools, engine), self.queue_seconds)
