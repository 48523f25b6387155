"""A storage that the client reaches itself: it is no tracking server, and has no breaker."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

import tenacity

from mlflow_ha.deadline import Deadline
from mlflow_ha.errors import TrackingUnavailable
from mlflow_ha.repetition import LONGEST_PAUSE
from mlflow_ha.settings import current

T = TypeVar("T")
_SERVER_ERRORS = 500


def until_taken(storage: str, what: str, transfer: Callable[[], T], deadline: Deadline) -> T:
    """Repeat a transfer while the storage is away; what it refuses is raised at once.

    Args:
        storage: Named in errors.
        what: Is done, named in errors.
        transfer: May be done twice.
        deadline: For all attempts together.

    Raises:
        TrackingUnavailable: The storage was away until the deadline.
    """
    retrying = tenacity.Retrying(
        retry=tenacity.retry_if_exception(_is_away),
        wait=tenacity.wait_random_exponential(current().retry_delay, LONGEST_PAUSE),
        stop=lambda state: state.upcoming_sleep >= deadline.left,
        reraise=True,
    )
    try:
        return retrying(transfer)
    except Exception as error:
        if not _is_away(error):
            raise
        raise TrackingUnavailable(
            f"{what} failed until the deadline ({type(error).__name__}: {error})",
            server=storage,
            state="CLOSED",
            retry_after=current().probe_interval,
        ) from error


def _is_away(error: BaseException) -> bool:
    # Only who has S3 has boto3.
    from botocore import exceptions  # noqa: PLC0415

    # An upload's error keeps what S3 said only as its context.
    for cause in (error, error.__context__):
        if isinstance(cause, exceptions.ClientError):
            status = cause.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
            return bool(status >= _SERVER_ERRORS)
        if isinstance(cause, (exceptions.ConnectionError, exceptions.HTTPClientError)):
            return True
    return False
