"""One-shot ECS tasks that end: in moto, a task that was started runs for ever."""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass

from moto.core import DEFAULT_ACCOUNT_ID
from moto.ecs.models import Task, ecs_backends
from moto.logs.models import logs_backends
from moto.moto_api import state_manager

LOOK_EVERY = 0.5
ENDED = "EssentialContainerExited"


@dataclass(frozen=True)
class TaskResult:
    """How every task ends from now on.

    Attributes:
        exit_code: Of each of its containers.
        log_lines: What the task wrote, oldest first.
    """

    exit_code: int = 0
    log_lines: tuple[str, ...] = ()


class TaskFinisher:
    """A thread that ends every running ECS task of moto with the result wanted.

    A task stops only here: its log lines and its exit code are there before anybody can see that it
    has stopped.
    """

    def __init__(self) -> None:
        self.result = TaskResult()
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="task-finisher", daemon=True)

    def start(self) -> None:
        # Left alone, moto advances a task each time it is described, log lines or not.
        state_manager.set_transition("ecs::task", {"progression": "manual", "times": 1 << 30})
        self._thread.start()

    def stop(self) -> None:
        self._stopping.set()
        self._thread.join()
        state_manager.unset_transition("ecs::task")

    def _run(self) -> None:
        while not self._stopping.wait(LOOK_EVERY):
            for backend in list(ecs_backends[DEFAULT_ACCOUNT_ID].values()):
                running = [
                    task
                    for tasks in list(backend.tasks.values())
                    for task in list(tasks.values())
                    if task.desired_status == "RUNNING"
                ]
                for task in running:
                    self._finish(task)

    def _finish(self, task: Task) -> None:
        _write_logs(task, self.result.log_lines)
        for container in task.containers:
            container.exitCode = self.result.exit_code
            container.last_status = "STOPPED"
        task.stop_code = ENDED
        task.stopped_reason = "Essential container in task exited"
        task.desired_status = task.last_status = "STOPPED"


def _write_logs(task: Task, lines: tuple[str, ...]) -> None:
    """Put the lines where the awslogs driver of each container would put them."""
    if not lines:
        return
    backend = ecs_backends[DEFAULT_ACCOUNT_ID][task.region_name]
    logs = logs_backends[DEFAULT_ACCOUNT_ID][task.region_name]
    definition = backend.describe_task_definition(task.task_definition_arn)
    now = int(time.time() * 1000)
    for container in definition.container_definitions:
        options = container.get("logConfiguration", {}).get("options", {})
        if "awslogs-group" not in options:
            continue
        group = options["awslogs-group"]
        stream = f"{options['awslogs-stream-prefix']}/{container['name']}/{task.id}"
        if group not in logs.groups:
            logs.create_log_group(group, {}, kmsKeyId=None)
        logs.create_log_stream(group, stream)
        logs.put_log_events(group, stream, [{"timestamp": now, "message": line} for line in lines])
