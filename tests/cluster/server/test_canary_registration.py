"""Proves that the canary's own code registers at a real server, leaves nothing, and sees its end."""

from collections.abc import Iterator

import pytest

from components.canary_function.registration import MODEL, Login, StepFailed, register
from tests.cluster.server.instance import Instance, run
from tests.cluster.server.postgres import Postgres

LOGIN = Login("canary", "password-of-the-registering-canary")


@pytest.fixture(scope="module")
def instance(pg: Postgres, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Instance]:
    assert run("migrate", pg, CANARY_PASSWORD=LOGIN.password).returncode == 0
    running = Instance(pg, tmp_path_factory.mktemp("canary"), AUTH_CACHE_SECONDS=1).wait_ready()
    yield running
    running.stop()


def versions(instance: Instance) -> list[object]:
    answer = instance.get(f"/api/2.0/mlflow/model-versions/search?filter=name='{MODEL}'")
    answer.raise_for_status()
    return list(answer.json().get("model_versions", []))


def test_the_first_run_and_those_after_it_register_and_leave_no_version(
    instance: Instance,
) -> None:
    assert [register(instance.url, LOGIN) > 0 for _ in range(3)] == [True] * 3
    assert versions(instance) == []


def test_a_wrong_password_is_told_by_the_step_and_never_shown(instance: Instance) -> None:
    wrong = Login("canary", "not-the-password")
    with pytest.raises(StepFailed, match=r"registering a version: HTTP 401") as told:
        register(instance.url, wrong)
    assert wrong.password not in str(told.value)


def test_a_server_that_is_gone_is_a_failure(instance: Instance) -> None:
    instance.stop()
    with pytest.raises(StepFailed, match="asking whether a write would succeed"):
        register(instance.url, LOGIN)
