"""Where batches go: straight to the server, or to the spool while that is away."""

from __future__ import annotations

from mlflow_ha.batch import Batch
from mlflow_ha.deadline import Deadline
from mlflow_ha.errors import MlflowHaError, TrackingUnavailable
from mlflow_ha.sender import Sender
from mlflow_ha.settings import MLflowSettings


class Direct:
    """To the server; what it cannot take yet stays in memory.

    Args:
        uri: Of the server.
        settings: How long to try.
    """

    def __init__(self, uri: str, settings: MLflowSettings) -> None:
        self._sender = Sender(uri, settings)

    def send(self, batch: Batch, deadline: Deadline) -> None:
        self._sender.send(batch.message, deadline)

    def away(self, what: str, waiting: int) -> MlflowHaError:
        breaker = self._sender.server.breaker
        return TrackingUnavailable(
            f"{what} ({waiting} calls wait in memory)",
            server=self._sender.server.address,
            state=breaker.state,
            retry_after=breaker.retry_after,
        )


class Spooled(Direct):
    """To the server, or call by call to the spool: it is the server that refuses one of them later."""

    def __init__(self, uri: str, settings: MLflowSettings) -> None:
        super().__init__(uri, settings)
        self._uri = uri

    def send(self, batch: Batch, deadline: Deadline) -> None:
        from mlflow_ha.spool.keeper import keeper_to  # noqa: PLC0415  (only who spools pays)

        keeper = keeper_to(self._uri)
        # What was asked before goes first.
        if not keeper.log.waits:
            patience = min(keeper.patience().left, deadline.left)
            try:
                keeper.sender.send(keeper.translated(batch.message), Deadline.after(patience))
            except TrackingUnavailable:
                pass
            else:
                return
        for logged in batch.logged:
            keeper.keep(logged.message)
