"""A stack on AWS as a target: what it reads of ECS, RDS and the balancer, and when a fault counts.

AWS is moto here, and FIS a double that the test steers: this proves the calls and what is made of
their answers, not what AWS does.
"""

import json
from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from moto import mock_aws

from chaos.target import FaultMissed, NotPossible, TargetError
from chaos.targets.aws import AwsTarget, Experiment
from chaos.targets.aws_stack import DeployedStack, described

REGION = "us-east-1"
OUTPUTS: dict[str, object] = {
    "endpoint": "https://mlflow.example.com",
    "admin_secret_arn": "arn:aws:secretsmanager:us-east-1:123456789012:secret:admin-a1b2c3",
    "cluster": "fleet",
    "service": "mlflow",
    "database": "mlflow-ha-prod",
    "experiments": {"task-stop": "EXT1", "database-failover": "EXT2"},
}


def stack(**changes: Any) -> DeployedStack:
    outputs = {**OUTPUTS, **changes}
    return described("prod", REGION, "multi_az_cluster", outputs)


class Fis:
    """Answers as FIS does, with a state that the test sets."""

    def __init__(self) -> None:
        self.started: list[str] = []
        self.state: dict[str, str] = {"status": "running"}

    def start_experiment(self, *, experimentTemplateId: str, **_: str) -> dict[str, Any]:  # noqa: N803  (boto3's spelling)
        self.started.append(experimentTemplateId)
        return {"experiment": {"id": "EXP1"}}

    def get_experiment(self, **_: str) -> dict[str, Any]:
        return {"experiment": {"state": self.state}}


@pytest.fixture
def session(monkeypatch: pytest.MonkeyPatch) -> Iterator[boto3.Session]:
    for variable in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(variable, "testing")
    monkeypatch.delenv("AWS_ENDPOINT_URL", raising=False)
    with mock_aws():
        yield boto3.Session(region_name=REGION)


@pytest.fixture
def database(session: boto3.Session) -> Any:
    rds = session.client("rds")
    rds.create_db_cluster(
        DBClusterIdentifier="mlflow-ha-prod",
        Engine="postgres",
        DBClusterInstanceClass="db.m6gd.large",
        AllocatedStorage=100,
        Iops=1000,
        StorageType="io1",
        MasterUsername="master",
        MasterUserPassword="not-a-real-one",
    )
    return rds


def test_the_login_is_the_administrators(session: boto3.Session) -> None:
    made = session.client("secretsmanager").create_secret(
        Name="admin", SecretString=json.dumps({"username": "admin", "password": "very-secret"})
    )
    door = AwsTarget(stack(admin_secret_arn=made["ARN"]), session).front_door()
    assert (door.url, door.username, door.password) == (
        "https://mlflow.example.com",
        "admin",
        "very-secret",
    )
    assert "very-secret" not in repr(door)


def test_a_fault_the_stack_has_no_experiment_for_is_not_possible(session: boto3.Session) -> None:
    target = AwsTarget(stack(experiments={"task-stop": "EXT1"}), session)
    with pytest.raises(NotPossible, match="it has: task-stop"):
        target.fault("kill", "primary")
    with pytest.raises(NotPossible, match="freeze 'standbys'"):
        target.fault("freeze", "standbys")


@pytest.mark.usefixtures("database")
def test_a_killed_primary_is_a_failover_of_the_cluster(session: boto3.Session) -> None:
    target = AwsTarget(stack(), session)
    assert target.fault("crash", "primary").description == "FIS experiment database-failover"


def experiment(fis: Fis, witness: list[str]) -> Experiment:
    return Experiment(fis, "task-stop", "EXT1", lambda: witness[-1])


def test_a_fault_counts_only_when_what_it_should_change_has_changed() -> None:
    fis, witness = Fis(), ["task/1 task/2"]
    fault = experiment(fis, witness)
    fault.inject()
    assert fis.started == ["EXT1"]
    assert fault.landed() == "nothing has changed yet: task/1 task/2"
    witness.append("task/2 task/3")
    assert fault.landed() is None


def test_an_experiment_that_has_not_begun_has_not_landed() -> None:
    fis, witness = Fis(), ["before"]
    fault = experiment(fis, witness)
    fault.inject()
    fis.state = {"status": "initiating"}
    witness.append("after, but by something else")
    assert fault.landed() == "FIS experiment task-stop is initiating"


@pytest.mark.parametrize("status", ["failed", "stopped", "cancelled"])
def test_an_experiment_that_was_ended_has_proven_nothing(status: str) -> None:
    fis = Fis()
    fault = experiment(fis, ["same"])
    fault.inject()
    fis.state = {"status": status, "reason": "stop condition met"}
    with pytest.raises(FaultMissed, match="stop condition met"):
        fault.landed()


@pytest.mark.parametrize("missing", sorted(OUTPUTS))
def test_a_stack_that_does_not_serve_is_refused_with_what_it_lacks(missing: str) -> None:
    outputs = {name: value for name, value in OUTPUTS.items() if name != missing}
    with pytest.raises(TargetError, match=f"no output {missing}.*pulumi up --stack prod-dr"):
        described("prod-dr", REGION, "multi_az_cluster", outputs)


def fleet(session: boto3.Session, *, registered: int) -> None:
    """A service of three in moto, of which some tasks are registered and healthy."""
    ecs, ec2 = session.client("ecs"), session.client("ec2")
    balancer = session.client("elbv2")
    vpc = ec2.describe_vpcs()["Vpcs"][0]["VpcId"]
    group = balancer.create_target_group(
        Name="tasks", Protocol="HTTP", Port=5000, VpcId=vpc, TargetType="ip"
    )["TargetGroups"][0]["TargetGroupArn"]
    ecs.create_cluster(clusterName="fleet")
    ecs.register_task_definition(
        family="mlflow",
        containerDefinitions=[{"name": "mlflow", "image": "image@sha256:0", "memory": 512}],
    )
    ecs.create_service(
        cluster="fleet",
        serviceName="mlflow",
        taskDefinition="mlflow",
        desiredCount=3,
        loadBalancers=[{"targetGroupArn": group, "containerName": "mlflow", "containerPort": 5000}],
    )
    for number in range(registered):
        balancer.register_targets(
            TargetGroupArn=group, Targets=[{"Id": f"10.0.0.{number}", "Port": 5000}]
        )


@pytest.mark.usefixtures("database")
def test_what_keeps_it_from_full_redundancy_is_told_one_by_one(session: boto3.Session) -> None:
    fleet(session, registered=2)
    told = AwsTarget(stack(), session).missing()
    assert "2 of 3 tasks are healthy at the balancer" in told


@pytest.mark.usefixtures("database")
def test_only_healthy_tasks_are_in_rotation(session: boto3.Session) -> None:
    fleet(session, registered=2)
    assert AwsTarget(stack(), session).in_rotation() == {
        "load balancer": frozenset({"10.0.0.0", "10.0.0.1"})
    }
