"""The proxy admits only its logins, only over TLS, and points at the right kind of database."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from pulumi import Output

from components.calls.snapshots import Kind
from components.database_parts import Server
from components.database_proxy import DatabaseProxy, DatabaseProxyArgs
from tests.unit.components.conftest import Recorder

Recorded = Callable[[Callable[[], Any]], Recorder]

PROXY = "aws:rds/proxy:Proxy"
TARGET = "aws:rds/proxyTarget:ProxyTarget"
POOL = "aws:rds/proxyDefaultTargetGroup:ProxyDefaultTargetGroup"
POLICY = "aws:iam/rolePolicy:RolePolicy"


def server(kind: Kind) -> Server:
    return Server(
        kind=kind,
        identifier=Output.from_input("mlflow-ha-test"),
        arn=Output.from_input("arn:aws:rds:us-east-1:123456789012:cluster:mlflow-ha-test"),
        resource_id=Output.from_input("cluster-1"),
        writer_endpoint=Output.from_input("writer.example"),
        instance_identifiers=[],
        master_secret_arn=None,
    )


def build(kind: Kind = "cluster") -> DatabaseProxy:
    return DatabaseProxy(
        "proxy",
        DatabaseProxyArgs(
            server=server(kind),
            login_secret_arns={"app_a": "secret-a", "app_b": "secret-b"},
            secrets_key_arn="secrets-key",
            max_connections_percent=94,
            borrow_timeout=10.0,
            subnet_ids=["subnet-a", "subnet-b"],
            security_group_id="sg-proxy",
            events_topic_arn="topic",
            account_id="123456789012",
            region="us-east-1",
            tags={"mlflow-ha:environment": "test"},
        ),
    )


def test_clients_come_over_tls_with_a_password_of_one_of_the_two_logins(
    recorded: Recorded,
) -> None:
    proxy = recorded(build).of(PROXY)[0].inputs

    assert proxy["requireTls"] is True
    assert [auth["secretArn"] for auth in proxy["auths"]] == ["secret-a", "secret-b"]
    assert {auth["clientPasswordAuthType"] for auth in proxy["auths"]} == {"POSTGRES_SCRAM_SHA_256"}


def test_its_role_reads_exactly_these_secrets(recorded: Recorded) -> None:
    policy = json.loads(recorded(build).of(POLICY)[0].inputs["policy"])
    read, decrypt = policy["Statement"]

    assert read["Resource"] == ["secret-a", "secret-b"]
    assert decrypt["Condition"]["StringEquals"] == {
        "kms:ViaService": "secretsmanager.us-east-1.amazonaws.com"
    }


@pytest.mark.parametrize(
    ("kind", "named", "other"),
    [
        ("cluster", "dbClusterIdentifier", "dbInstanceIdentifier"),
        ("instance", "dbInstanceIdentifier", "dbClusterIdentifier"),
    ],
)
def test_the_target_is_a_cluster_or_an_instance_and_never_both(
    recorded: Recorded, kind: Kind, named: str, other: str
) -> None:
    target = recorded(lambda: build(kind)).of(TARGET)[0].inputs

    assert target[named] == "mlflow-ha-test"
    assert other not in target


def test_clients_wait_for_a_connection_as_long_as_the_settings_say(recorded: Recorded) -> None:
    assert recorded(build).of(POOL)[0].inputs["connectionPoolConfig"] == {
        "connectionBorrowTimeout": 10,
        "maxConnectionsPercent": 94,
        "maxIdleConnectionsPercent": 47,
    }
