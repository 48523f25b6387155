"""The database is encrypted, private, protected in production, and told of by its events."""

from collections.abc import Callable
from typing import Any

import boto3
import pulumi
import pytest
from moto import mock_aws
from pulumi.runtime.mocks import MockResourceArgs

from components.database import Database
from components.database_parts import DatabaseArgs
from components.logins import Login
from components.master_password import MasterPasswordProvider
from setting_groups.aws.database import Rds
from tests.unit.components.conftest import Recorder, Registered

Recorded = Callable[[Callable[[], Any]], Recorder]

CLUSTER = "aws:rds/cluster:Cluster"
INSTANCE = "aws:rds/instance:Instance"
LOGS = "aws:cloudwatch/logGroup:LogGroup"
EVENTS = "aws:rds/eventSubscription:EventSubscription"
MASTER_PASSWORD = "pulumi-python:dynamic/mlflow-ha:MasterPassword"
SOURCE = "arn:aws:rds:us-east-1:123456789012:db:mlflow-ha-prod"

CLUSTER_OF_THREE = Rds(topology="multi_az_cluster", instance_class="db.m6gd.large")
PAIR = Rds(topology="multi_az_instance", instance_class="db.m7g.large")
OWN_SECRET = PAIR.model_copy(update={"manage_master_secret": False})


@pytest.fixture(autouse=True)
def what_rds_adds(monkeypatch: pytest.MonkeyPatch) -> None:
    """Answer with the managed secret too, as RDS does."""
    plain = Recorder.new_resource

    def new_resource(self: Recorder, given: MockResourceArgs) -> tuple[str | None, dict[Any, Any]]:
        resource_id, outputs = plain(self, given)
        managed = {"masterUserSecrets": [{"secretArn": "managed-arn"}]}
        return resource_id, {**outputs, **(managed if given.typ in (CLUSTER, INSTANCE) else {})}

    monkeypatch.setattr(Recorder, "new_resource", new_resource)


def args(rds: Rds, **changes: Any) -> DatabaseArgs:
    given: dict[str, Any] = {
        "environment": "test",
        "rds": rds,
        "max_connections": 500,
        "lock_timeout": 10.0,
        "subnet_ids": ["subnet-a", "subnet-b", "subnet-c"],
        "security_group_id": "sg-database",
        "key_arn": "arn:aws:kms:us-east-1:123456789012:key/database",
        "secrets_key_arn": "arn:aws:kms:us-east-1:123456789012:key/secrets",
        "log_key_arn": "arn:aws:kms:us-east-1:123456789012:key/logs",
        "log_days": 90,
        "events_topic_arn": "arn:aws:sns:us-east-1:123456789012:alerts",
        "master": None,
        "account_id": "123456789012",
        "region": "us-east-1",
        "protected": True,
        "tags": {"mlflow-ha:environment": "test"},
    }
    return DatabaseArgs(**{**given, **changes})


def master() -> Login:
    return Login(
        arn=pulumi.Output.from_input("master-arn"), version_id=pulumi.Output.from_input("1")
    )


def only(resources: list[Registered]) -> dict[str, Any]:
    assert len(resources) == 1
    return resources[0].inputs


@pytest.mark.parametrize(("rds", "kind"), [(CLUSTER_OF_THREE, CLUSTER), (PAIR, INSTANCE)])
def test_the_database_is_encrypted_and_has_no_public_address(
    recorded: Recorded, rds: Rds, kind: str
) -> None:
    made = only(recorded(lambda: Database("database", args(rds))).of(kind))

    assert made["storageEncrypted"] is True
    assert made["kmsKeyId"].endswith("key/database")
    assert made["publiclyAccessible"] is False


@pytest.mark.parametrize(("rds", "kind"), [(CLUSTER_OF_THREE, CLUSTER), (PAIR, INSTANCE)])
@pytest.mark.parametrize("protected", [True, False])
def test_a_protected_database_refuses_deletion_and_leaves_a_snapshot(
    recorded: Recorded, rds: Rds, kind: str, protected: bool
) -> None:
    made = only(recorded(lambda: Database("database", args(rds, protected=protected))).of(kind))

    assert made["deletionProtection"] is protected
    assert made["skipFinalSnapshot"] is not protected
    assert ("finalSnapshotIdentifier" in made) is protected


@pytest.mark.parametrize(("rds", "kind"), [(CLUSTER_OF_THREE, CLUSTER), (PAIR, INSTANCE)])
def test_changes_are_applied_by_the_update_and_versions_only_by_it(
    recorded: Recorded, rds: Rds, kind: str
) -> None:
    made = only(recorded(lambda: Database("database", args(rds))).of(kind))

    assert made["applyImmediately"] is True
    assert made["autoMinorVersionUpgrade"] is False


@pytest.mark.parametrize(
    ("rds", "logs"), [(CLUSTER_OF_THREE, {"postgresql"}), (PAIR, {"postgresql", "upgrade"})]
)
def test_every_log_that_is_exported_has_an_encrypted_group(
    recorded: Recorded, rds: Rds, logs: set[str]
) -> None:
    seen = recorded(lambda: Database("database", args(rds)))
    made = (seen.of(CLUSTER) + seen.of(INSTANCE))[0].inputs

    assert set(made["enabledCloudwatchLogsExports"]) == logs
    assert {group.inputs["name"].rpartition("/")[2] for group in seen.of(LOGS)} == logs
    assert {group.inputs["kmsKeyId"] for group in seen.of(LOGS)} == {args(rds).log_key_arn}


def test_events_of_the_cluster_and_of_all_three_instances_are_sent(recorded: Recorded) -> None:
    events = recorded(lambda: Database("database", args(CLUSTER_OF_THREE))).of(EVENTS)

    assert {event.inputs["sourceType"]: event.inputs["sourceIds"] for event in events} == {
        "db-cluster": ["mlflow-ha-test"],
        "db-instance": [f"mlflow-ha-test-instance-{number}" for number in (1, 2, 3)],
    }


@pytest.mark.parametrize(("topology", "standby"), [("multi_az_instance", True), ("single", False)])
def test_only_the_topology_with_a_standby_has_one(
    recorded: Recorded, topology: str, standby: bool
) -> None:
    rds = PAIR.model_copy(update={"topology": topology})

    made = only(recorded(lambda: Database("database", args(rds))).of(INSTANCE))

    assert made["multiAz"] is standby


def test_a_follower_takes_engine_and_users_from_its_source(recorded: Recorded) -> None:
    rds = OWN_SECRET.model_copy(update={"replica_of": SOURCE})
    servers = []

    seen = recorded(lambda: servers.append(Database("database", args(rds)).server))
    made = only(seen.of(INSTANCE))

    assert made["replicateSourceDb"] == SOURCE
    assert not {"engine", "username", "dbName", "passwordWo"} & set(made)
    assert made["skipFinalSnapshot"] is True
    assert made["kmsKeyId"].endswith("key/database")
    assert servers[0].master_secret_arn is None
    assert seen.of(MASTER_PASSWORD) == []


def test_read_replicas_follow_the_instance_and_are_watched(recorded: Recorded) -> None:
    rds = OWN_SECRET.model_copy(update={"read_replicas": 2})

    seen = recorded(lambda: Database("database", args(rds, master=master())))
    sources = {made.name: made.inputs.get("replicateSourceDb") for made in seen.of(INSTANCE)}

    assert sources == {
        "database": None,
        "database-replica-1": "mlflow-ha-test",
        "database-replica-2": "mlflow-ha-test",
    }
    assert len(only(seen.of(EVENTS))["sourceIds"]) == 3


def test_a_master_secret_of_ones_own_is_set_at_the_instance(recorded: Recorded) -> None:
    seen = recorded(lambda: Database("database", args(OWN_SECRET, master=master())))

    assert "manageMasterUserPassword" not in only(seen.of(INSTANCE))
    assert only(seen.of(MASTER_PASSWORD))["secret_arn"] == "master-arn"


def test_an_instance_without_any_master_secret_is_refused(recorded: Recorded) -> None:
    with pytest.raises(ValueError, match="no administrator's secret"):
        recorded(lambda: Database("database", args(OWN_SECRET)))


def test_the_master_password_comes_from_the_secret_and_not_into_state(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "testing")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "testing")
    with mock_aws():
        secrets = boto3.client("secretsmanager", "us-east-1")
        secret = secrets.create_secret(Name="master", SecretString='{"password": "of-the-secret"}')
        boto3.client("rds", "us-east-1").create_db_instance(
            DBInstanceIdentifier="mlflow-ha-test",
            DBInstanceClass="db.m7g.large",
            Engine="postgres",
            MasterUsername="mlflowmaster",
            MasterUserPassword="first-password",
            AllocatedStorage=20,
        )
        asked: list[dict[str, Any]] = []
        boto3.setup_default_session()
        assert boto3.DEFAULT_SESSION
        boto3.DEFAULT_SESSION.events.register(
            "provide-client-params.rds.ModifyDBInstance", lambda params, **_: asked.append(params)
        )

        outs = (
            MasterPasswordProvider()
            .create(
                {
                    "identifier": "mlflow-ha-test",
                    "resource_id": "db-1",
                    "secret_arn": secret["ARN"],
                    "version_id": secret["VersionId"],
                    "region": "us-east-1",
                }
            )
            .outs
        )

    assert [request["MasterUserPassword"] for request in asked] == ["of-the-secret"]
    assert "of-the-secret" not in str(outs)
