"""Proves that a wrong environment is refused as a whole, in words, without a secret."""

import pytest
from mlflow_ha_server.configuration import (
    PREFIX,
    ConfigurationError,
    DumpConfiguration,
    MigrateConfiguration,
    RestoreConfiguration,
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
    text = problems(PORT="99999", INSTANCE="a b", ARTIFACTS_DESTINATION="file:///x", POOLSIZE="3")
    assert len(text.splitlines()) == 4
    assert f"{PREFIX}PORT=99999: " in text
    assert f"{PREFIX}INSTANCE=a b: " in text
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


def test_an_instance_without_a_name_takes_its_hosts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("socket.gethostname", lambda: "ip-10-0-1-23.ec2.internal")
    assert ServeConfiguration.from_environment(environment(INSTANCE="")).instance == (
        "ip-10-0-1-23.ec2.internal"
    )
    monkeypatch.setattr("socket.gethostname", lambda: "h" * 64)
    assert ServeConfiguration.from_environment(environment(INSTANCE="")).instance == "h" * 63
    monkeypatch.setattr("socket.gethostname", lambda: "-")
    assert f"{PREFIX}INSTANCE" in problems(INSTANCE="")


def test_connections_can_be_kept_for_longer_than_the_balancer_keeps_them() -> None:
    assert ServeConfiguration.from_environment(environment()).keep_alive_seconds == 75
    made = ServeConfiguration.from_environment(environment(KEEP_ALIVE_SECONDS="190"))
    assert made.keep_alive_seconds == 190
    assert f"{PREFIX}KEEP_ALIVE_SECONDS=0: " in problems(KEEP_ALIVE_SECONDS="0")


@pytest.mark.parametrize("dumps", ["s3://bucket", "s3://bucket/", "s3://bucket/x/", "/tmp/dumps"])  # noqa: S108
def test_dumps_have_a_prefix_of_their_own(dumps: str) -> None:
    given = environment(OWNER_DATABASE_URI="postgresql://h/mlflow", DUMPS=dumps)
    with pytest.raises(ConfigurationError, match=f"{PREFIX}DUMPS={dumps}: must be s3://BUCKET/P"):
        DumpConfiguration.from_environment(given)


def test_a_dump_is_named_by_the_moment_it_began_and_by_nothing_else() -> None:
    given = environment(OWNER_DATABASE_URI="postgresql://h/mlflow", DUMPS="s3://bucket/dumps")
    assert RestoreConfiguration.from_environment(given).dump_name is None
    wrong = {**given, f"{PREFIX}DUMP_NAME": "../../other"}
    with pytest.raises(ConfigurationError, match=r"DUMP_NAME=\.\./\.\./other"):
        RestoreConfiguration.from_environment(wrong)


def test_the_administrator_is_never_the_canary() -> None:
    given = environment(
        OWNER_DATABASE_URI="postgresql://h/mlflow",
        ADMIN_PASSWORD="x" * 12,
        CANARY_PASSWORD="y" * 12,
    )
    assert MigrateConfiguration.from_environment(given).canary_password
    wrong = {**given, f"{PREFIX}ADMIN_USERNAME": "canary"}
    with pytest.raises(ConfigurationError, match=f"{PREFIX}ADMIN_USERNAME=canary: is the user of"):
        MigrateConfiguration.from_environment(wrong)
