"""A stack of ours in moto: three tasks in three zones, a database of three members, FIS, alarms."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any, ClassVar

import boto3
import pytest
from moto import mock_aws
from moto.fis.models import Experiment
from moto.moto_api import state_manager

import settings
from chaos.targets.aws import AwsTarget
from chaos.targets.aws_guard import Budget
from chaos.targets.aws_stack import DeployedStack, described

REGION = "us-east-1"
ZONES = ("us-east-1a", "us-east-1b", "us-east-1c")
DATABASE = "mlflow-ha-prod"
STOP_ALARM = "mlflow-ha-prod-RegistrationsFailing"
TEMPLATES = {
    "task-stop": "aws:ecs:stop-task",
    "database-failover": "aws:rds:failover-db-cluster",
    "zone-loss-us-east-1a": "aws:network:disrupt-connectivity",
    "replication-pause": "aws:s3:bucket-pause-replication",
}

BREAKING = {
    "StartExperiment",
    "StopExperiment",
    "StopTask",
    "FailoverDBCluster",
    "RebootDBInstance",
    "PutBucketReplication",
}


class World:
    """What a test looks at and turns."""

    current: ClassVar[World | None] = None

    def __init__(self, session: boto3.Session) -> None:
        self.session = session
        self.calls: list[str] = []
        """Every call that breaks or mends something, in order."""
        self.failing: dict[str, Exception] = {}
        """Raised in place of the answer, once the call has been made, by its name."""
        World.current = self
        self.cloudwatch: Any = session.client("cloudwatch")
        self.ecs: Any = session.client("ecs")
        self.fis: Any = session.client("fis")
        self.rds: Any = session.client("rds")
        self.balancer: Any = session.client("elbv2")
        self.endpoint = "https://mlflow.example.com"
        self.templates: dict[str, str] = {}
        self.secret = ""
        self.group = ""

    def _note(self, operation: str) -> None:
        if operation in BREAKING:
            self.calls.append(operation)

    def _fail(self, operation: str) -> None:
        if error := self.failing.get(operation):
            raise error

    def ring(self, name: str, state: str = "ALARM") -> None:
        self.cloudwatch.set_alarm_state(
            AlarmName=name, StateValue=state, StateReason="a test says so"
        )

    def canary(self, value: float) -> None:
        self.cloudwatch.put_metric_data(
            Namespace="MlflowHa",
            MetricData=[
                {
                    "MetricName": "Succeeded",
                    "Dimensions": [{"Name": "Environment", "Value": "prod"}],
                    "Timestamp": datetime.now(UTC) - timedelta(seconds=60),
                    "Value": value,
                }
            ],
        )

    def experiments(self) -> list[str]:
        """The states of all experiments there ever were."""
        return [each["state"]["status"] for each in self.fis.list_experiments()["experiments"]]

    def stack(self, **changes: Any) -> DeployedStack:
        outputs = {
            "endpoint": self.endpoint,
            "admin_secret_arn": self.secret,
            "cluster": "fleet",
            "service": "mlflow",
            "database": DATABASE,
            "experiments": self.templates,
            **changes,
        }
        return described("prod", settings.load("prod"), outputs)

    def target(self, *, minutes: float = 30, **changes: Any) -> AwsTarget:
        return AwsTarget(self.stack(**changes), self.session, Budget.of(minutes))


@pytest.fixture(scope="session")
def session() -> boto3.Session:
    """One for all tests: its models of AWS's services are read once, which takes seconds."""
    made = boto3.Session("testing", "testing", region_name=REGION)
    events = made._session.get_component("event_emitter")
    events.register("before-call", lambda model, **_: _told("_note", model.name))
    events.register("after-call.ecs.DescribeTasks", _spread_over_zones)
    events.register("after-call", lambda model, **_: _told("_fail", model.name))
    return made


def _told(what: str, operation: str) -> None:
    if World.current:
        getattr(World.current, what)(operation)


@pytest.fixture
def aws(session: boto3.Session, monkeypatch: pytest.MonkeyPatch) -> Iterator[boto3.Session]:
    """The same, and nothing but moto answers it."""
    monkeypatch.delenv("AWS_ENDPOINT_URL", raising=False)
    # moto's service says it runs so many tasks and starts none: the tasks are started by hand.
    monkeypatch.setenv("MOTO_ECS_SERVICE_RUNNING", str(len(ZONES)))
    monkeypatch.setattr(Experiment, "__init__", _until_stopped(Experiment.__init__))
    monkeypatch.setenv("MOTO_EC2_LOAD_DEFAULT_AMIS", "false")
    with mock_aws():
        state_manager.set_transition("ecs::task", {"progression": "manual", "times": 1000})
        yield session
        state_manager.unset_transition("ecs::task")
    World.current = None


@pytest.fixture
def world(aws: boto3.Session) -> World:
    """Whole, calm, and all of it in moto."""
    made = World(aws)
    _login(made)
    _fleet(made)
    _database(made)
    _alarms(made)
    _templates(made)
    made.canary(1)
    return made


def _until_stopped(make: Callable[..., None]) -> Callable[..., None]:
    """Moto ends an experiment when it was asked for thrice; ours last as those of FIS do."""

    def longer(experiment: Any, *args: Any, **kwargs: Any) -> None:
        make(experiment, *args, **kwargs)
        experiment._transitions.remove(("running", "completed"))

    return longer


def _spread_over_zones(parsed: dict[str, Any], **_: Any) -> None:
    """AWS says where a task runs; moto does not."""
    for task in parsed["tasks"]:
        number = int(task["startedBy"])
        task["availabilityZone"] = ZONES[number]
        task["attachments"] = [
            {"details": [{"name": "privateIPv4Address", "value": f"10.0.{number}.7"}]}
        ]


def _login(world: World) -> None:
    held = json.dumps({"username": "admin", "password": "very-secret"})
    made = world.session.client("secretsmanager").create_secret(Name="admin", SecretString=held)
    world.secret = made["ARN"]


def _fleet(world: World) -> None:
    ec2 = world.session.client("ec2")
    vpc = ec2.describe_vpcs()["Vpcs"][0]["VpcId"]
    world.group = world.balancer.create_target_group(
        Name="tasks", Protocol="HTTP", Port=5000, VpcId=vpc, TargetType="ip"
    )["TargetGroups"][0]["TargetGroupArn"]
    world.ecs.create_cluster(clusterName="fleet")
    log = {"logDriver": "awslogs", "options": {"awslogs-group": "mlflow-service"}}
    container = {"name": "mlflow", "image": "image@sha256:0", "memory": 512}
    world.ecs.register_task_definition(
        family="mlflow",
        networkMode="awsvpc",
        containerDefinitions=[{**container, "logConfiguration": log}],
    )
    world.ecs.create_service(
        cluster="fleet",
        serviceName="mlflow",
        taskDefinition="mlflow",
        desiredCount=len(ZONES),
        loadBalancers=[
            {"targetGroupArn": world.group, "containerName": "mlflow", "containerPort": 5000}
        ],
    )
    network = {
        "subnets": [ec2.describe_subnets()["Subnets"][0]["SubnetId"]],
        "securityGroups": [ec2.describe_security_groups()["SecurityGroups"][0]["GroupId"]],
    }
    for number in range(len(ZONES)):
        world.ecs.run_task(
            cluster="fleet",
            taskDefinition="mlflow",
            launchType="FARGATE",
            startedBy=str(number),
            networkConfiguration={"awsvpcConfiguration": network},
        )
        world.balancer.register_targets(
            TargetGroupArn=world.group, Targets=[{"Id": f"10.0.{number}.7", "Port": 5000}]
        )


def _database(world: World) -> None:
    world.rds.create_db_cluster(
        DBClusterIdentifier=DATABASE,
        Engine="aurora-postgresql",  # moto gives only to Aurora's clusters members that a test makes
        MasterUsername="master",
        MasterUserPassword="not-a-real-one",
    )
    for number, zone in enumerate(ZONES):
        world.rds.create_db_instance(
            DBInstanceIdentifier=f"{DATABASE}-{number}",
            DBInstanceClass="db.m6gd.large",
            Engine="aurora-postgresql",
            DBClusterIdentifier=DATABASE,
            AvailabilityZone=zone,
        )


def _alarms(world: World) -> None:
    for name, severity in (
        ("RegistrationsFailing", "page"),
        ("TargetsLost", "page"),
        ("ReplicationSlow", "ticket"),
    ):
        world.cloudwatch.put_metric_alarm(
            AlarmName=f"mlflow-ha-prod-{name}",
            AlarmDescription=f"[{severity}] Something was seen.",
            Namespace="N",
            MetricName="M",
            Statistic="Sum",
            Period=60,
            EvaluationPeriods=1,
            Threshold=1,
            ComparisonOperator="GreaterThanThreshold",
        )
        world.ring(f"mlflow-ha-prod-{name}", "OK")


def _templates(world: World) -> None:
    stop = f"arn:aws:cloudwatch:{REGION}:123456789012:alarm:{STOP_ALARM}"
    for name, action in TEMPLATES.items():
        made = world.fis.create_experiment_template(
            clientToken=name,
            description=name,
            roleArn="arn:aws:iam::123456789012:role/faults",
            stopConditions=[{"source": "aws:cloudwatch:alarm", "value": stop}],
            actions={"fault": {"actionId": action}},
            targets={},
        )
        world.templates[name] = made["experimentTemplate"]["id"]
