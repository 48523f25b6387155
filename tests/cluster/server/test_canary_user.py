"""Proves that the canary's user can register a model and clear it away, and do nothing else."""

import time
from collections.abc import Iterator

import pytest
import requests

from tests.cluster.server.instance import Instance, run
from tests.cluster.server.postgres import Postgres

FIRST, SECOND = "canary-password-of-the-test", "renewed-canary-password"


@pytest.fixture(scope="module")
def instance(pg: Postgres, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Instance]:
    running = Instance(pg, tmp_path_factory.mktemp("canary"), AUTH_CACHE_SECONDS=1).wait_ready()
    yield running
    running.stop()


def call(
    instance: Instance, method: str, path: str, body: object, password: str = FIRST
) -> requests.Response:
    return requests.request(
        method,
        f"{instance.url}/api/2.0/mlflow/{path}",
        json=body,
        auth=("canary", password),
        timeout=30,
    )


def test_the_canary_registers_a_model_clears_it_away_and_administers_nothing(
    pg: Postgres, instance: Instance
) -> None:
    assert run("migrate", pg, CANARY_PASSWORD=FIRST).returncode == 0
    experiment = call(instance, "POST", "experiments/create", {"name": "canary"}).json()
    training = call(instance, "POST", "runs/create", experiment).json()["run"]["info"]
    model = {"name": "canary"}
    version = {**model, "source": f"{training['artifact_uri']}/model", "run_id": training["run_id"]}
    story = [
        ("POST", "registered-models/create", model),
        ("POST", "model-versions/create", version),
        ("DELETE", "model-versions/delete", {**model, "version": "1"}),
        ("DELETE", "registered-models/delete", model),
    ]
    assert [call(instance, *step).status_code for step in story] == [200] * 4
    # A version of no run is taken only from outside MLflow's own artifacts.
    for source, status in (("mlflow-artifacts:/canary", 400), ("s3://canary/model", 200)):
        call(instance, "POST", "registered-models/create", model)
        answer = call(instance, "POST", "model-versions/create", {**model, "source": source})
        assert answer.status_code == status, answer.text
    others = {"name": "another"}
    instance.post("registered-models/create", others).raise_for_status()
    assert call(instance, "DELETE", "registered-models/delete", others).status_code == 403
    assert call(instance, "POST", "runs/create", {"experiment_id": "0"}).status_code == 403
    admin = {"username": "canary", "is_admin": True}
    assert call(instance, "PATCH", "users/update-admin", admin).status_code == 403


def test_a_renewed_password_replaces_the_old_one(pg: Postgres, instance: Instance) -> None:
    changed = "changed the password of MLflow's user canary"
    again, renewed = (run("migrate", pg, CANARY_PASSWORD=word) for word in (FIRST, SECOND))
    assert (again.returncode, renewed.returncode) == (0, 0), renewed.stdout
    assert changed not in again.stdout
    assert changed in renewed.stdout
    assert SECOND not in renewed.stdout
    search = ("GET", "registered-models/search", None)
    assert call(instance, *search, SECOND).status_code == 200
    time.sleep(1.1)  # AUTH_CACHE_SECONDS
    assert call(instance, *search, FIRST).status_code == 401
