"""An AWS account for the calls that dynamic resources make themselves: moto, on loopback.

It has what those calls name: each ECS cluster, task definition, database, secret and log group that
the engine mentions is made in moto too, under the same name and ARN.
"""

from __future__ import annotations

import json
import logging
import secrets
import threading
from types import TracebackType
from typing import Any, Self

import boto3
import botocore.session
from botocore.exceptions import ClientError
from moto.core import DEFAULT_ACCOUNT_ID
from moto.moto_api._internal.models import moto_api_backend
from moto.secretsmanager.models import secretsmanager_backends
from moto.server import ThreadedMotoServer

from tools.engine.tasks import TaskFinisher, TaskResult
from tools.recording_provider.values import Properties

# Nobody's: moto takes any, boto3 refuses to sign without.
CREDENTIALS = {"AWS_ACCESS_KEY_ID": "recorded", "AWS_SECRET_ACCESS_KEY": "recorded"}
FIRST_QUESTIONS = {
    "ecs": "list_clusters",
    "logs": "describe_log_groups",
    "rds": "describe_db_instances",
    "secretsmanager": "list_secrets",
}
"""Moto loads a service at its first request, and answers 500 to another one meanwhile."""
ALREADY_THERE = ("AlreadyExists", "ResourceExists")


class SimulatedAccount:
    """The account, for as long as a `with` block runs; observes a `RecordingProvider`."""

    def __init__(self) -> None:
        self._server = ThreadedMotoServer("127.0.0.1", 0, verbose=False)
        self._finisher = TaskFinisher()
        self._one_at_a_time = threading.Lock()
        self._there: set[str] = set()
        self._makers = {
            "aws:cloudwatch/logGroup:LogGroup": self._make_log_group,
            "aws:ecs/cluster:Cluster": self._make_ecs_cluster,
            "aws:ecs/taskDefinition:TaskDefinition": self._make_task_definition,
            "aws:rds/cluster:Cluster": self._make_database_cluster,
            "aws:rds/instance:Instance": self._make_database_instance,
            "aws:secretsmanager/secret:Secret": self._make_secret,
        }

    def __enter__(self) -> Self:
        logging.getLogger("werkzeug").setLevel(logging.ERROR)  # else a line on stderr per request
        self._server.start()
        for service, question in FIRST_QUESTIONS.items():
            getattr(self.client(service, "us-east-1"), question)()
        self._finisher.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._finisher.stop()
        moto_api_backend.reset()  # its state belongs to the process, not to the server
        self._server.stop()

    @property
    def endpoint(self) -> str:
        host, port = self._server.get_host_and_port()
        return f"http://{host}:{port}"

    @property
    def environment(self) -> dict[str, str]:
        """What makes boto3 of another process call this account and no other."""
        return {
            **CREDENTIALS,
            "AWS_ENDPOINT_URL": self.endpoint,
            "AWS_EC2_METADATA_DISABLED": "true",
        }

    def end_tasks_with(self, result: TaskResult) -> None:
        """Let every ECS task that runs or starts from now on end like this."""
        self._finisher.result = result

    def client(self, service: Any, region: str) -> Any:
        """A boto3 client of this account."""
        # Without the user's own profile, which may not even exist.
        bare = botocore.session.Session(session_vars={"profile": (None, None, None, None)})
        return boto3.Session(botocore_session=bare).client(
            service,
            region_name=region,
            endpoint_url=self.endpoint,
            aws_access_key_id=CREDENTIALS["AWS_ACCESS_KEY_ID"],
            aws_secret_access_key=CREDENTIALS["AWS_SECRET_ACCESS_KEY"],
        )

    def exists(self, token: str, outputs: Properties) -> None:
        make = self._makers.get(token)
        with self._one_at_a_time:
            if make is None or outputs["arn"] in self._there:
                return
            try:
                make(outputs)
            except ClientError as error:
                if not any(word in error.response["Error"]["Code"] for word in ALREADY_THERE):
                    raise
            self._there.add(outputs["arn"])

    def _make_log_group(self, outputs: Properties) -> None:
        self.client("logs", outputs["region"]).create_log_group(logGroupName=outputs["name"])

    def _make_ecs_cluster(self, outputs: Properties) -> None:
        self.client("ecs", outputs["region"]).create_cluster(clusterName=outputs["name"])

    def _make_task_definition(self, outputs: Properties) -> None:
        """Register the definition, as often as it takes to reach its revision.

        Two things differ from AWS because moto does. The network mode is left out: with awsvpc, moto
        would look for subnets that it does not have. Each container says how much memory it may
        have, which Fargate knows from the task.
        """
        ecs = self.client("ecs", outputs["region"])
        containers = [
            {"memory": int(outputs["memory"]), **container}
            for container in json.loads(outputs["containerDefinitions"])
        ]
        registered = 0
        while registered < outputs["revision"]:
            answer = ecs.register_task_definition(
                family=outputs["family"], containerDefinitions=containers
            )
            registered = answer["taskDefinition"]["revision"]

    def _make_database_cluster(self, outputs: Properties) -> None:
        self.client("rds", outputs["region"]).create_db_cluster(
            DBClusterIdentifier=outputs["clusterIdentifier"],
            Engine="postgres",
            DBClusterInstanceClass="db.m6gd.large",
            StorageType="io1",
            AllocatedStorage=100,
            Iops=1000,
            MasterUsername="recorded",
            ManageMasterUserPassword=True,
        )

    def _make_database_instance(self, outputs: Properties) -> None:
        self.client("rds", outputs["region"]).create_db_instance(
            DBInstanceIdentifier=outputs["identifier"],
            Engine="postgres",
            DBInstanceClass="db.t4g.micro",
            AllocatedStorage=20,
            MasterUsername="recorded",
            MasterUserPassword=secrets.token_urlsafe(),
        )

    def _make_secret(self, outputs: Properties) -> None:
        """Make the secret, under its ARN of the state: moto ends each of its own at random."""
        region, name = outputs["region"], outputs["name"]
        self.client("secretsmanager", region).create_secret(Name=name)
        secretsmanager_backends[DEFAULT_ACCOUNT_ID][region].secrets[name].arn = outputs["arn"]
