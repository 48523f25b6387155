"""One container of the server's image: what every task of this program says alike."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pulumi import Input, Output
from pulumi_aws import ecs

USER = "10001:10001"
"""User and group of the image, as numbers: Fargate has no names to look up."""

SCRATCH_PATH = "/tmp"  # noqa: S108  the image's one writable folder, in a volume of the task's own
LOG_BUFFER = "25m"
"""What the log driver holds back when CloudWatch is slow; then the oldest lines go, not requests."""

SCRATCH = ecs.TaskDefinitionVolumeArgs(name="scratch")
"""The volume behind `SCRATCH_PATH`: each task definition passes `volumes=[SCRATCH]`."""


@dataclass(frozen=True, kw_only=True)
class HealthCheck:
    """A command that ECS runs inside the container; all times are in seconds.

    Args:
        command: The program and its arguments, run without a shell.
        interval: From one run to the next, 5 to 300.
        timeout: A run that takes longer has failed, 2 to 60.
        retries: So many failures in a row make the container unhealthy, 1 to 10.
        start_period: Failures do not count before that, 0 to 300.
    """

    command: tuple[str, ...]
    interval: int
    timeout: int
    retries: int
    start_period: int

    def definition(self) -> dict[str, Any]:
        return {
            "command": ["CMD", *self.command],
            "interval": self.interval,
            "timeout": self.timeout,
            "retries": self.retries,
            "startPeriod": self.start_period,
        }


@dataclass(frozen=True, kw_only=True)
class Container:
    """What differs between the containers of the image.

    Args:
        name: Also the prefix of its log streams.
        image: Address of the image, by digest.
        command: Argument of the image's entry point, such as `("serve",)`.
        environment: Variables in plain text, by their full names.
        secrets: Variables whose values ECS fetches at start: see `secret_key`.
        log_group: Name of the log group.
        region: The log group's region.
        port: The port that it listens on, if any.
        health_check: What ECS asks the container, if anything.
        stop_timeout: Seconds from SIGTERM to SIGKILL; Fargate allows up to 120.
        restart_after: A container that ran so many seconds is started again in its task when it
            exits (60 to 1800); without it, its exit ends the task.
    """

    name: str
    image: str
    command: tuple[str, ...]
    environment: Mapping[str, Input[str]]
    secrets: Mapping[str, Input[str]]
    log_group: Input[str]
    region: str
    port: int | None = None
    health_check: HealthCheck | None = None
    stop_timeout: int = 30
    restart_after: int | None = None

    def definition(self) -> dict[str, Any]:
        """One entry of containerDefinitions.

        Variables are sorted by name: ECS does not keep their order, and an order of ours that
        differs from its own would be a change at every update.
        """
        definition: dict[str, Any] = {
            "name": self.name,
            "image": self.image,
            "command": list(self.command),
            "essential": True,
            "user": USER,
            "readonlyRootFilesystem": True,
            "linuxParameters": {
                "capabilities": {"drop": ["ALL"]},
                "initProcessEnabled": True,
            },
            "environment": [
                {"name": name, "value": value} for name, value in sorted(self.environment.items())
            ],
            "secrets": [
                {"name": name, "valueFrom": source} for name, source in sorted(self.secrets.items())
            ],
            "mountPoints": [
                {
                    "sourceVolume": SCRATCH.name,
                    "containerPath": SCRATCH_PATH,
                    "readOnly": False,
                }
            ],
            "logConfiguration": {
                "logDriver": "awslogs",
                "options": {
                    "awslogs-group": self.log_group,
                    "awslogs-region": self.region,
                    "awslogs-stream-prefix": self.name,
                    "mode": "non-blocking",
                    "max-buffer-size": LOG_BUFFER,
                },
            },
            "stopTimeout": self.stop_timeout,
        }
        if self.port is not None:
            definition["portMappings"] = [
                {"containerPort": self.port, "hostPort": self.port, "protocol": "tcp"}
            ]
        if self.health_check is not None:
            definition["healthCheck"] = self.health_check.definition()
        if self.restart_after is not None:
            definition["restartPolicy"] = {
                "enabled": True,
                "restartAttemptPeriod": self.restart_after,
            }
        return definition


def container_definitions(*containers: Container) -> Output[str]:
    """The JSON that `ecs.TaskDefinition(container_definitions=...)` takes."""
    return Output.json_dumps([container.definition() for container in containers])


def secret_key(secret_arn: Input[str], key: str, version: Input[str] = "") -> Output[str]:
    """Where ECS finds one key of a JSON secret.

    Args:
        secret_arn: The secret.
        key: A key of its JSON object, such as "password".
        version: The version's id; empty for the current one. ECS reads a secret only when a task
            starts, so a named version is what makes a new value a new task definition.
    """
    return Output.concat(secret_arn, ":", key, "::", version)


def server_variable(field: str) -> str:
    """The variable that sets a field of the server's configuration, such as "pool_size"."""
    return f"MLFLOW_HA_SERVER_{field.upper()}"
