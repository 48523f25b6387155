"""Graphs that satisfy and break the rules of policies/containers.py."""

from __future__ import annotations

import json
from typing import Any

from policies import containers as rules
from policies.resource import Resource
from tests.unit.policies.graphs import Pair, made

REPOSITORY = "123456789012.dkr.ecr.us-east-1.amazonaws.com/mlflow-ha"
RIGHT = {
    "name": "server",
    "image": f"{REPOSITORY}@sha256:{'0' * 64}",
    "user": "10001",
    "readonlyRootFilesystem": True,
    "logConfiguration": {"logDriver": "awslogs"},
    "environment": [
        {"name": "MLFLOW_HA_SERVER_ARTIFACTS_DESTINATION", "value": "s3://artifacts"},
        {"name": "PGUSER_SECRET_ARN", "value": "arn:aws:secretsmanager:us-east-1:1:secret:x"},
    ],
    "secrets": [{"name": "PGPASSWORD", "valueFrom": "arn:aws:secretsmanager:::x"}],
}


def task(**changes: Any) -> Resource:
    return made(
        "aws:ecs/taskDefinition:TaskDefinition",
        containerDefinitions=json.dumps([{**RIGHT, **changes}]),
    )


def function(**variables: str) -> Resource:
    return made("aws:lambda/function:Function", environment={"variables": variables})


def pair(rule: Any, wrong: str, **changes: Any) -> Pair:
    return Pair(rule, wrong, (task(),), (task(**changes),), stack="dev")


PAIRS = (
    pair(rules.images_are_named_by_digest, "a tag", image=f"{REPOSITORY}:latest"),
    pair(rules.images_are_named_by_digest, "no image", image=None),
    pair(rules.containers_cannot_change_their_host, "root by number", user="0:0"),
    pair(rules.containers_cannot_change_their_host, "root by name", user="root"),
    pair(rules.containers_cannot_change_their_host, "nobody named", user=""),
    pair(
        rules.containers_cannot_change_their_host, "a root to write", readonlyRootFilesystem=False
    ),
    pair(rules.containers_cannot_change_their_host, "all rights of the host", privileged=True),
    *(
        pair(
            rules.secrets_are_not_written_down,
            f"{name} in plain text",
            environment=[{"name": name, "value": "hunter2"}],
        )
        for name in ("PGPASSWORD", "MLFLOW_HA_SERVER_SECRET_KEY", "MLFLOW_TRACKING_TOKEN")
    ),
    Pair(
        rules.secrets_are_not_written_down,
        "a function's password in plain text",
        (function(PASSWORD_SECRET_ARN="arn:aws:secretsmanager:::x"),),
        (function(CANARY_PASSWORD="hunter2"),),
    ),
    pair(
        rules.artifacts_are_shared,
        "artifacts on the task's own disk",
        environment=[{"name": "MLFLOW_HA_SERVER_ARTIFACTS_DESTINATION", "value": "/artifacts"}],
    ),
    pair(rules.logs_are_kept, "no log", logConfiguration=None),
)
