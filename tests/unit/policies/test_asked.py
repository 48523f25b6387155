"""What a stack was asked to be follows from the names of its project and itself."""

from __future__ import annotations

from pathlib import Path

import pytest

from policies import asked
from policies.asked import asked_for, of_environment, project_and_stack
from policies.resource import GraphError
from settings import SettingsError, load
from tests.unit.policies import graphs
from tests.unit.policies.graphs import made

ACCOUNT = """
config:
  aws:region: us-east-1
  mlflow-ha-bootstrap:owner: ml-platform
  mlflow-ha-bootstrap:repository: example/mlflow-ha
  mlflow-ha-bootstrap:environments: {dev: {region: us-east-1}}
"""


@pytest.fixture
def account(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(asked, "ACCOUNT", tmp_path)
    path = tmp_path / "Pulumi.account.yaml"
    path.write_text(ACCOUNT)
    return path


def test_project_and_stack_are_in_every_urn() -> None:
    assert project_and_stack([made("aws:s3/bucket:Bucket")]) == ("mlflow-ha", "prod")


def test_a_graph_of_nothing_has_no_name() -> None:
    with pytest.raises(GraphError, match="the graph is empty"):
        project_and_stack([])


def test_an_environment_is_what_its_settings_say() -> None:
    prod, dev = asked_for("mlflow-ha", "prod"), asked_for("mlflow-ha", "dev")
    assert prod.production
    assert not dev.production
    assert dev.tags["mlflow-ha:environment"] == "dev"
    assert dev.environment == load("dev").aws


def test_an_account_is_production_and_of_no_environment(account: Path) -> None:
    assert account.exists()
    given = asked_for("mlflow-ha-bootstrap", "account")
    assert given.production
    assert dict(given.tags) == {
        "mlflow-ha:owner": "ml-platform",
        "mlflow-ha:managed-by": "pulumi",
    }
    with pytest.raises(GraphError, match="only an environment has"):
        _ = given.aws


def test_a_mistake_in_the_settings_is_told(account: Path) -> None:
    account.write_text(ACCOUNT.replace(":owner", ":ownr"))
    with pytest.raises(GraphError, match="Did you mean 'owner'"):
        asked_for("mlflow-ha-bootstrap", "account")
    with pytest.raises(GraphError, match=r"Pulumi\.other\.yaml: does not exist"):
        asked_for("mlflow-ha-bootstrap", "other")
    with pytest.raises(SettingsError, match="'nowhere'"):
        asked_for("mlflow-ha", "nowhere")


def test_an_environment_that_is_not_on_aws_is_refused() -> None:
    local = graphs.settings_of("prod").model_copy(update={"aws": None})
    with pytest.raises(GraphError, match="has no aws settings"):
        of_environment(local)
