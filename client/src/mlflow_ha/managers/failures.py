"""What managers raise. MLflow's own errors and outages keep their details as the cause."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from mlflow.exceptions import MlflowException

from mlflow_ha.errors import MlflowHaError, TrackingUnavailable


class RegistryException(MlflowHaError):  # noqa: N818  (the name that callers know)
    """Something was not done; the text says what, and which rule it broke."""


class RegistryUnavailable(TrackingUnavailable, RegistryException):
    """Something was not done because the server was away; it has all of TrackingUnavailable."""


def refusal(message: str, error_code: str = "INVALID_PARAMETER_VALUE") -> RegistryException:
    """Return an error to raise.

    Args:
        message: The value, the rule it broke and what to do.
        error_code: As MLflow's own errors have it.
    """
    failure = RegistryException(message)
    failure.error_code = error_code
    return failure


@contextmanager
def doing(what: str) -> Iterator[None]:
    """Name what MLflow could not do; what other code raises passes as it is.

    Raises:
        RegistryException: MLflow refused.
        RegistryUnavailable: It was away.
    """
    try:
        yield
    except RegistryException:
        raise
    except TrackingUnavailable as away:
        raise RegistryUnavailable(
            f"{what} did not succeed",
            server=away.server,
            state=away.state,
            retry_after=away.retry_after,
            queued=away.queued,
        ) from away
    except MlflowException as error:
        raise refusal(f"{what} did not succeed: {error.message}", error.error_code) from error
