"""A stack on AWS as a target: faults under guard, by FIS where the stack has a template for them."""

from __future__ import annotations

import atexit
import json
import sys
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from chaos.target import Fault, FaultMissed, FrontDoor, NotPossible, TargetError
from chaos.targets.aws_alarms import Alarms
from chaos.targets.aws_calls import DatabaseFailedOver, TasksStopped, Together
from chaos.targets.aws_database import Database
from chaos.targets.aws_experiment import Experiment, stop_alarms
from chaos.targets.aws_fleet import Fleet
from chaos.targets.aws_guard import MINUTES, Budget, Guard, confirm
from chaos.targets.aws_guarded import Guarded
from chaos.targets.aws_logs import TaskLogs
from chaos.targets.aws_stack import DeployedStack, deployed

PATIENT = Config(
    connect_timeout=5, read_timeout=20, retries={"mode": "adaptive", "total_max_attempts": 8}
)
"""A drill asks often, so AWS throttles it; and no call may hang while a fault is in place."""


def open_aws(stack: str, *, confirmed: str | None = None, minutes: float = MINUTES) -> AwsTarget:
    """Attach to a deployed stack, with the credentials of the environment.

    Args:
        stack: Which.
        confirmed: The stack's name as it was typed; production insists on it.
        minutes: After so many no fault begins, and one that lasts is ended.

    Raises:
        TargetError: It cannot be read, does not serve, or is production and was not confirmed.
    """
    found = deployed(stack)
    confirm(stack, production=found.production, typed=confirmed)
    session = Patient(boto3.Session(region_name=found.region))
    try:
        target = AwsTarget(found, session, Budget.of(minutes))
        target.front_door()
        target.missing()
    except (BotoCoreError, ClientError, FaultMissed) as error:
        raise TargetError(
            f"stack {stack!r} cannot be used in {found.region}: {error}. Look at the credentials of "
            "this shell: aws sts get-caller-identity"
        ) from error
    atexit.register(target.roll_back)
    return target


class Patient:
    """A session whose clients neither hang nor give up at once."""

    def __init__(self, session: Any) -> None:
        self._session = session

    def client(self, name: str) -> Any:
        return self._session.client(name, config=PATIENT)


class AwsTarget:
    """A deployed environment."""

    name = "aws"

    def __init__(self, stack: DeployedStack, session: Any, budget: Budget) -> None:
        self._stack = stack
        self._session = session
        self._fis = session.client("fis")
        self._fleet = Fleet(session, stack.cluster, stack.service)
        self._database = Database(session, stack.database, stack.topology)
        self.alarms = Alarms(session, stack.name, stack.canary_seconds)
        stops = stop_alarms(self._fis, sorted(stack.experiments.values()))
        self._guard = Guard(self.alarms, self.missing, stops, budget)
        self._begun: list[Fault] = []

    def front_door(self) -> FrontDoor:
        secrets = self._session.client("secretsmanager")
        held = secrets.get_secret_value(SecretId=self._stack.admin_secret_arn)
        login = json.loads(held["SecretString"])
        return FrontDoor(self._stack.endpoint, login["username"], login["password"])

    def fault(self, verb: str, role: str) -> Fault:
        """See `chaos.target.Target`; beyond its roles "zone" and "replication" are known here."""
        guarded = Guarded(self._bare(verb, role), self._guard)
        self._begun.append(guarded)
        return guarded

    def roll_back(self) -> None:
        """End whatever still lasts, the last one first; says on standard error what it could not."""
        while self._begun:
            fault = self._begun.pop()
            try:
                fault.heal()
            except (BotoCoreError, ClientError, FaultMissed) as error:
                print(f"error: {fault.description} may still be in place: {error}", file=sys.stderr)

    def missing(self) -> list[str]:
        return [*self._fleet.missing(), *self._database.missing()]

    def instances(self) -> Mapping[str, str]:
        return {task.address: task.arn for task in self._fleet.tasks()}

    def in_rotation(self) -> Mapping[str, frozenset[str]]:
        return {"load balancer": self._fleet.healthy()}

    def versions(self) -> Mapping[str, str]:
        return {
            "image": self._fleet.image(),
            "postgresql": self._database.version(),
            "topology": self._stack.topology,
            "region": self._stack.region,
        }

    def log_lines(self, request_ids: Sequence[str], since: datetime) -> Mapping[str, Sequence[str]]:
        """What was logged about these requests, by their id."""
        return TaskLogs(self._session, self._fleet.log_group()).lines(request_ids, since)

    def _bare(self, verb: str, role: str) -> Fault:
        match verb, role:
            case (("crash" | "kill"), "primary"):
                return self._failover()
            case "kill", "instance":
                return self._one_task()
            case "kill", "zone":
                return self._zone_stop()
            case "isolate", "zone":
                zone = self._database.writer_zone()
                return self._experiment(f"zone-loss-{zone}", lasts=True)
            case "pause", "replication":
                return self._experiment("replication-pause", lasts=True)
        raise NotPossible(
            f"an AWS stack cannot {verb} {role!r}. It can: crash or kill 'primary'; kill 'instance' "
            "or 'zone'; isolate 'zone'; pause 'replication'"
        )

    def _failover(self) -> Fault:
        if "database-failover" in self._stack.experiments:
            return self._experiment("database-failover", lasts=False)
        return DatabaseFailedOver(self._database)

    def _one_task(self) -> Fault:
        if "task-stop" in self._stack.experiments:
            return self._experiment("task-stop", lasts=False)
        return TasksStopped(self._fleet, self._fleet.tasks()[:1], "of the service")

    def _zone_stop(self) -> Fault:
        """Everything of ours in the writer's zone stops at once, which is the worst zone to lose."""
        zone = self._database.writer_zone()
        there = [task for task in self._fleet.tasks() if task.zone == zone]
        stopped = TasksStopped(self._fleet, there, f"in {zone}")
        return Together([stopped, DatabaseFailedOver(self._database)])

    def _experiment(self, name: str, *, lasts: bool) -> Fault:
        template = self._stack.experiments.get(name)
        if template is None:
            there = ", ".join(sorted(self._stack.experiments)) or "none"
            raise NotPossible(
                f"stack {self._stack.name!r} has no FIS template {name!r}; it has: {there}"
            )
        witnesses = {"task-stop": self._seen_tasks, "database-failover": self._database.writer}
        witness = witnesses.get(name, self._seen_health if name.startswith("zone-loss") else None)
        return Experiment(self._fis, name, template, witness, lasts=lasts)

    def _seen_tasks(self) -> str:
        return " ".join(task.arn for task in self._fleet.tasks())

    def _seen_health(self) -> str:
        """Who serves and who writes: a lost zone changes one of them, or had nothing of ours."""
        return f"{' '.join(sorted(self._fleet.healthy()))} and {self._database.writer()}"
