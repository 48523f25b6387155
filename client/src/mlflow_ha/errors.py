"""What can go wrong, as one tree.

MlflowException                         MLflow's own; existing `except` clauses keep working
└── MlflowHaError
    ├── TrackingUnavailable             the server could not be reached, or could not serve, in time
    │   └── CircuitBreakerOpenError     it was not even tried: it is known to be away
    ├── OutcomeUnknown                  the request may have been carried out; it was not repeated
    └── SpoolError                      the spool's folder or files cannot be used
"""

from __future__ import annotations

from mlflow.exceptions import MlflowException
from mlflow.protos.databricks_pb2 import TEMPORARILY_UNAVAILABLE


class MlflowHaError(MlflowException):
    """Anything that this package says, beyond what the server said."""

    def __init__(self, message: str) -> None:
        super().__init__(message, error_code=TEMPORARILY_UNAVAILABLE)


class TrackingUnavailable(MlflowHaError):  # noqa: N818  (a state of the server, and its public name)
    """The server could not be reached, or could not serve, before the deadline.

    Attributes:
        server: Its address, without credentials.
        state: Of the circuit breaker: CLOSED, OPEN or HALF_OPEN.
        retry_after: Seconds until it is tried again, at the latest.
        queued: Operations that wait in the spool; 0 without one.
        perhaps_done: Whether the server may have carried out what it was asked all the same.
    """

    perhaps_done = False

    def __init__(
        self, what: str, *, server: str, state: str, retry_after: float, queued: int = 0
    ) -> None:
        self.server = server
        self.state = state
        self.retry_after = retry_after
        self.queued = queued
        waiting = (
            f"{queued} operations are queued and will be sent" if queued else "Nothing is queued"
        )
        super().__init__(
            f"MLflow at {server} is unavailable: {what}. The circuit breaker is {state}; the server is "
            f"tried again within {retry_after:.0f} s. {waiting}. Repeat the call later, raise "
            "MLFLOW_HA_DEADLINE, or set MLFLOW_HA_SPOOL=1 to go on without the server"
        )


class CircuitBreakerOpenError(TrackingUnavailable):
    """The server is known to be away, and this call may not wait for it."""


class OutcomeUnknown(MlflowHaError):  # noqa: N818  (names what is not known)
    """The answer to a request was lost and repeating it could do it twice."""

    def __init__(self, what: str, *, server: str) -> None:
        self.server = server
        super().__init__(
            f"the answer of MLflow at {server} to {what} was lost, and this server cannot tell a "
            "repeated request from a second one. Look whether it took effect before you repeat it"
        )


class SpoolError(MlflowHaError):
    """The spool's folder or files cannot be used; the text says what to do."""


MLflowUnavailableError = TrackingUnavailable
