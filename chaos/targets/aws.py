"""A stack on AWS as a target: faults are its own FIS experiments, which an alarm can stop."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any
from uuid import uuid4

import boto3

from chaos.target import Fault, FaultMissed, FrontDoor, NotPossible
from chaos.targets.aws_stack import DeployedStack, deployed

_EXPERIMENTS = {
    ("kill", "instance"): "task-stop",
    ("kill", "primary"): "database-failover",
    ("crash", "primary"): "database-failover",
}
_ENDED_WELL = frozenset({"completed", "running"})


def open_aws(stack: str) -> AwsTarget:
    """Attach to a deployed stack, with the credentials of the environment.

    Raises:
        TargetError: It cannot be read, or does not serve.
    """
    found = deployed(stack)
    return AwsTarget(found, boto3.Session(region_name=found.region))


class AwsTarget:
    """A deployed environment."""

    name = "aws"

    def __init__(self, stack: DeployedStack, session: Any) -> None:
        self._stack = stack
        self._ecs = session.client("ecs")
        self._rds = session.client("rds")
        self._fis = session.client("fis")
        self._secrets = session.client("secretsmanager")
        self._balancer = session.client("elbv2")

    def front_door(self) -> FrontDoor:
        held = self._secrets.get_secret_value(SecretId=self._stack.admin_secret_arn)
        login = json.loads(held["SecretString"])
        return FrontDoor(self._stack.endpoint, login["username"], login["password"])

    def fault(self, verb: str, role: str) -> Fault:
        name = _EXPERIMENTS.get((verb, role))
        template = name and self._stack.experiments.get(name)
        if not name or not template:
            there = ", ".join(sorted(self._stack.experiments))
            raise NotPossible(
                f"stack {self._stack.name!r} has no experiment that can {verb} {role!r}; it has: {there}"
            )
        witness = self._tasks if name == "task-stop" else self._writer
        return Experiment(self._fis, name, template, witness)

    def missing(self) -> list[str]:
        service = self._service()
        found = []
        if service["runningCount"] < service["desiredCount"]:
            found.append(f"{service['runningCount']} of {service['desiredCount']} tasks run")
        healthy = len(self._healthy())
        if healthy < service["desiredCount"]:
            found.append(
                f"{healthy} of {service['desiredCount']} tasks are healthy at the balancer"
            )
        found += [
            f"database instance {name} is {state}"
            for name, state in self._database_states().items()
            if state != "available"
        ]
        return found

    def instances(self) -> Mapping[str, str]:
        return {address: task for task, address in self._addresses().items()}

    def in_rotation(self) -> Mapping[str, frozenset[str]]:
        return {"load balancer": frozenset(self._healthy())}

    def versions(self) -> Mapping[str, str]:
        definition = self._service()["taskDefinition"]
        held = self._ecs.describe_task_definition(taskDefinition=definition)["taskDefinition"]
        return {
            "image": held["containerDefinitions"][0]["image"],
            "postgresql": self._members()[0]["EngineVersion"],
            "topology": self._stack.topology,
        }

    def _service(self) -> dict[str, Any]:
        answer = self._ecs.describe_services(
            cluster=self._stack.cluster, services=[self._stack.service]
        )
        found: dict[str, Any] = answer["services"][0]
        return found

    def _tasks(self) -> str:
        return " ".join(sorted(self._addresses()))

    def _addresses(self) -> dict[str, str]:
        """The private address of each running task, by its ARN."""
        listed = self._ecs.list_tasks(cluster=self._stack.cluster, serviceName=self._stack.service)
        if not listed["taskArns"]:
            return {}
        tasks = self._ecs.describe_tasks(cluster=self._stack.cluster, tasks=listed["taskArns"])
        return {
            task["taskArn"]: detail["value"]
            for task in tasks["tasks"]
            for attachment in task.get("attachments", [])
            for detail in attachment["details"]
            if detail["name"] == "privateIPv4Address"
        }

    def _healthy(self) -> list[str]:
        [group] = [balanced["targetGroupArn"] for balanced in self._service()["loadBalancers"]]
        health = self._balancer.describe_target_health(TargetGroupArn=group)
        return [
            each["Target"]["Id"]
            for each in health["TargetHealthDescriptions"]
            if each["TargetHealth"]["State"] == "healthy"
        ]

    def _members(self) -> list[dict[str, Any]]:
        if self._stack.topology == "multi_az_cluster":
            wanted = [{"Name": "db-cluster-id", "Values": [self._stack.database]}]
            found = self._rds.describe_db_instances(Filters=wanted)
        else:
            found = self._rds.describe_db_instances(DBInstanceIdentifier=self._stack.database)
        members: list[dict[str, Any]] = found["DBInstances"]
        return members

    def _database_states(self) -> dict[str, str]:
        return {each["DBInstanceIdentifier"]: each["DBInstanceStatus"] for each in self._members()}

    def _writer(self) -> str:
        """Who writes now; for a Multi-AZ instance the zone, since its name never changes."""
        if self._stack.topology != "multi_az_cluster":
            return str(self._members()[0]["AvailabilityZone"])
        found = self._rds.describe_db_clusters(DBClusterIdentifier=self._stack.database)
        members = found["DBClusters"][0]["DBClusterMembers"]
        return " ".join(each["DBInstanceIdentifier"] for each in members if each["IsClusterWriter"])


class Experiment:
    """A FIS experiment, believed only when what it should change has changed."""

    needs_healing = False

    def __init__(self, fis: Any, name: str, template: str, witness: Callable[[], str]) -> None:
        self.description = f"FIS experiment {name}"
        self._fis = fis
        self._template = template
        self._witness = witness
        self._before = witness()
        self._id: str | None = None

    def inject(self) -> None:
        begun = self._fis.start_experiment(
            clientToken=uuid4().hex, experimentTemplateId=self._template
        )
        self._id = begun["experiment"]["id"]

    def landed(self) -> str | None:
        state = self._fis.get_experiment(id=self._id)["experiment"]["state"]
        if state["status"] in ("stopped", "failed", "cancelled"):
            raise FaultMissed(
                f"{self.description} ended as {state['status']}: {state.get('reason')}"
            )
        if state["status"] not in _ENDED_WELL:
            return f"{self.description} is {state['status']}"
        now = self._witness()
        return f"nothing has changed yet: {now}" if now == self._before else None

    def heal(self) -> None:
        """Nothing to undo: ECS and RDS repair it, which is what the drill is about."""
