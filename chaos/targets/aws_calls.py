"""Faults that are one call and leave nothing to undo: RDS and ECS repair them by themselves."""

from __future__ import annotations

from collections.abc import Sequence

from chaos.target import Fault, NotPossible
from chaos.targets.aws_database import Database
from chaos.targets.aws_fleet import Fleet, Task

_REASON = "a drill"


class DatabaseFailedOver:
    """A standby is told to take over."""

    needs_healing = False

    def __init__(self, database: Database) -> None:
        """Aim at the database.

        Raises:
            NotPossible: It has no standby.
        """
        if not database.fails_over:
            raise NotPossible("the database has topology single: there is no standby to take over")
        self.description = database.failover_call
        self._database = database
        self._before = database.writer()

    def inject(self) -> None:
        self._database.fail_over()

    def landed(self) -> str | None:
        now = self._database.writer()
        return f"still writing: {now}" if now in ("", self._before) else None

    def heal(self) -> None:
        """Nothing to undo."""


class TasksStopped:
    """Tasks are stopped; ECS starts others."""

    needs_healing = False

    def __init__(self, fleet: Fleet, tasks: Sequence[Task], where: str) -> None:
        """Aim at these tasks.

        Raises:
            NotPossible: There are none.
        """
        if not tasks:
            raise NotPossible(f"no task runs {where}, so there is nothing to stop")
        self.description = f"stop {len(tasks)} of the tasks {where}"
        self._fleet = fleet
        self._tasks = tasks

    def inject(self) -> None:
        for task in self._tasks:
            self._fleet.stop(task, _REASON)

    def landed(self) -> str | None:
        running = {task.arn for task in self._fleet.tasks()}
        left = [task.arn for task in self._tasks if task.arn in running]
        return f"still running: {', '.join(left)}" if left else None

    def heal(self) -> None:
        """Nothing to undo."""


class Together:
    """Several faults at the same moment."""

    needs_healing = False

    def __init__(self, faults: Sequence[Fault]) -> None:
        self.description = " and ".join(fault.description for fault in faults)
        self._faults = faults

    def inject(self) -> None:
        for fault in self._faults:
            fault.inject()

    def landed(self) -> str | None:
        return next((text for fault in self._faults if (text := fault.landed())), None)

    def heal(self) -> None:
        """Nothing to undo."""
