"""The MLflow tasks of a stack: where they run, and which of them the balancer sends requests to."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

_PRIVATE_ADDRESS = "privateIPv4Address"


@dataclass(frozen=True, slots=True)
class Task:
    """One running copy of MLflow.

    Attributes:
        arn: Changes when it is replaced.
        zone: Such as "us-east-1a".
        address: By which the balancer knows it.
    """

    arn: str
    zone: str
    address: str


class Fleet:
    """One ECS service behind one target group."""

    def __init__(self, session: Any, cluster: str, service: str) -> None:
        self._ecs = session.client("ecs")
        self._balancer = session.client("elbv2")
        self._cluster = cluster
        self._name = service

    def tasks(self) -> list[Task]:
        """Every running task, by its ARN."""
        listed = self._ecs.list_tasks(
            cluster=self._cluster, serviceName=self._name, desiredStatus="RUNNING"
        )
        if not listed["taskArns"]:
            return []
        told = self._ecs.describe_tasks(cluster=self._cluster, tasks=listed["taskArns"])
        found = [
            Task(task["taskArn"], task.get("availabilityZone", ""), _address(task))
            for task in told["tasks"]
        ]
        return sorted(found, key=lambda task: task.arn)

    def healthy(self) -> frozenset[str]:
        """Addresses that the balancer sends requests to."""
        [group] = [each["targetGroupArn"] for each in self._service()["loadBalancers"]]
        health = self._balancer.describe_target_health(TargetGroupArn=group)
        return frozenset(
            each["Target"]["Id"]
            for each in health["TargetHealthDescriptions"]
            if each["TargetHealth"]["State"] == "healthy"
        )

    def missing(self) -> list[str]:
        """What keeps the fleet from its wanted size, a sentence each."""
        service = self._service()
        wanted, running = service["desiredCount"], service["runningCount"]
        found = [f"{running} of {wanted} tasks run"] if running < wanted else []
        healthy = len(self.healthy())
        if healthy < wanted:
            found.append(f"{healthy} of {wanted} tasks are healthy at the balancer")
        return found

    def stop(self, task: Task, reason: str) -> None:
        """Stop one task; ECS starts another."""
        self._ecs.stop_task(cluster=self._cluster, task=task.arn, reason=reason)

    def image(self) -> str:
        """What the tasks run."""
        return str(self._container()["image"])

    def log_group(self) -> str:
        """Where the tasks log."""
        return str(self._container()["logConfiguration"]["options"]["awslogs-group"])

    def _container(self) -> dict[str, Any]:
        told = self._ecs.describe_task_definition(taskDefinition=self._service()["taskDefinition"])
        found: dict[str, Any] = told["taskDefinition"]["containerDefinitions"][0]
        return found

    def _service(self) -> dict[str, Any]:
        told = self._ecs.describe_services(cluster=self._cluster, services=[self._name])
        found: dict[str, Any] = told["services"][0]
        return found


def _address(task: dict[str, Any]) -> str:
    details = (
        detail for attachment in task.get("attachments", []) for detail in attachment["details"]
    )
    return next((str(each["value"]) for each in details if each["name"] == _PRIVATE_ADDRESS), "")
