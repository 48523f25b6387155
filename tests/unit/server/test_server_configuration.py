"""Proves that a wrong environment is refused as a whole, in words, without a secret."""

import pytest
from mlflow_ha_server.configuration import (
    PREFIX,
    ConfigurationError,
    MigrateConfiguration,
    ServeConfiguration,
)

GOOD = {
    "INSTANCE": "app-1",
    "DATABASE_URI": "postgresql://mlflow_app:hunter2hunter2@db:5432/mlflow",
    "SECRET_KEY": "a-key-long-enough",
    "ARTIFACTS_DESTINATION": "s3://artifacts",
    "ALLOWED_HOSTS": "198.18.0.10:*, mlflow.example",
}


def environment(**changes: str) -> dict[str, str]:
    return {PREFIX + k: v for k, v in {**GOOD, **changes}.items()}


def problems(**changes: str) -> str:
    with pytest.raises(ConfigurationError) as caught:
        ServeConfiguration.from_environment(environment(**changes))
    return str(caught.value)


def test_the_defaults_are_enough_and_safe() -> None:
    made = ServeConfiguration.from_environment(environment())
    assert made.allowed_hosts == ("198.18.0.10:*", "mlflow.example")
    assert made.probe_seconds == 0.9
    assert made.pools.total == 42


def test_several_mistakes_are_reported_together() -> None:
    text = problems(PORT="99999", INSTANCE="", ARTIFACTS_DESTINATION="file:///x", POOLSIZE="3")
    assert len(text.splitlines()) == 4
    assert f"{PREFIX}PORT=99999: " in text
    assert f"{PREFIX}INSTANCE: is not set" in text
    assert "must be s3://BUCKET" in text
    assert f"{PREFIX}POOLSIZE: is not a variable of this package" in text


def test_a_pool_that_could_deadlock_is_refused_with_the_number_that_could_not() -> None:
    text = problems(API_CONCURRENCY="10", POOL_SIZE="31")
    assert "raise POOL_SIZE to 32 or lower API_CONCURRENCY" in text
    ServeConfiguration.from_environment(environment(API_CONCURRENCY="10", POOL_SIZE="32"))


@pytest.mark.parametrize(
    "changes",
    [
        {"DATABASE_URI": "mysql://u:topsecret@h/db"}, {"DATABASE_URI": "postgresql://u:topsecret@h"},
        {"DATABASE_URI": "topsecret"}, {"SECRET_KEY": "topsecret"},
    ],
)  # fmt: skip
def test_no_message_repeats_a_secret(changes: dict[str, str]) -> None:
    assert "topsecret" not in problems(**changes)


def test_no_representation_shows_a_secret() -> None:
    made = ServeConfiguration.from_environment(environment())
    assert "hunter2" not in f"{made!r} {made} {made.model_dump()}"
    assert GOOD["SECRET_KEY"] not in repr(made)


def test_a_command_ignores_what_only_another_one_uses() -> None:
    given = environment(OWNER_DATABASE_URI="postgresql://o:p@h/mlflow", ADMIN_PASSWORD="x" * 12)
    assert MigrateConfiguration.from_environment(given).admin_username == "admin"


def test_each_engine_gets_its_own_pool_in_its_address() -> None:
    made = ServeConfiguration.from_environment(environment())
    sizes = {e: made.database(e).query["mlflow_ha_pool_size"] for e in ("tracking", "auth")}
    assert sizes == {"tracking": "26", "auth": "5"}
    assert made.database("auth").query["application_name"] == "mlflow-app-1"
