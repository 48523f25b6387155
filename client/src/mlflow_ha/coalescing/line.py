"""The way of one call where calls that log something travel together."""

from __future__ import annotations

from typing import Any

from mlflow_ha.batch import Logged, run_of
from mlflow_ha.coalescing.collectors import collector_to
from mlflow_ha.deadline import Deadline
from mlflow_ha.message import Message
from mlflow_ha.settings import current
from mlflow_ha.stores import Line


class CoalescingLine:
    """A line that collects what is logged, and lets nothing overtake it.

    Args:
        uri: Of the server.
        line: For everything that logs nothing.
    """

    def __init__(self, uri: str, line: Line) -> None:
        self._uri = uri
        self._line = line

    def call(self, message: Message) -> dict[str, Any]:
        """Accept what is logged; have anything else wait until what was logged before has been sent.

        Raises:
            MlflowException: What the server said to this call, or, after this one was carried out,
                to an earlier one that logged to the same run.
            TrackingUnavailable: What was logged before could not be sent in time.
            SpoolError: It could not be kept.
        """
        collector = collector_to(self._uri)
        deadline = Deadline.after(current().deadline)
        answer: dict[str, Any] = {}
        if logged := Logged.of(message):
            run = logged.run
            collector.log(logged, deadline)
        else:
            run = run_of(message.parameters)
            collector.flush(run, deadline)
            answer = self._line.call(message)
        if run:
            collector.tell(run)
        return answer
