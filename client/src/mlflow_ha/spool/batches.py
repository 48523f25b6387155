"""Operations that may travel together: what was logged to one run, one after the other. Pure.

A hundred log_metric calls of an outage then cost one request, and the server sees the same values.
"""

from __future__ import annotations

from collections.abc import Sequence

from mlflow_ha.batch import MOST_VALUES, Batch, Logged
from mlflow_ha.message import Message
from mlflow_ha.spool.log import Operation

AT_MOST = MOST_VALUES


def together(operations: Sequence[Operation]) -> tuple[list[Operation], Message]:
    """Return the operations from the first on that one message can carry, and the message.

    Args:
        operations: In order, at least one.
    """
    batch, taken = Batch(), list[Operation]()
    for operation in operations:
        logged = Logged.of(operation.message)
        if logged is None or not batch.take(logged):
            break
        taken.append(operation)
    if not taken:
        return [operations[0]], operations[0].message
    return taken, batch.message
