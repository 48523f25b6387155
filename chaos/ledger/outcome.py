"""What an answer, or its absence, tells a client about its create.

Wrongly calling a create failed would hide a double write, wrongly calling it acknowledged would
invent a loss. So everything that is not certain is indeterminate.
"""

from __future__ import annotations

from collections.abc import Mapping

import httpx
from httpx import codes

from chaos.ledger.operation import Outcome

OUTCOME_HEADER = "x-mlflow-ha-outcome"

# Raised before the first byte of the request left; every other transport error may follow it.
NEVER_SENT = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout)


def of_answer(status: int, headers: Mapping[str, str]) -> Outcome:
    """What a complete HTTP answer means.

    Args:
        status: The HTTP status.
        headers: Its headers, looked up in lower case.
    """
    if codes.is_success(status):
        return Outcome.ACKNOWLEDGED
    if headers.get(OUTCOME_HEADER, "").strip().lower() == "unknown":
        return Outcome.INDETERMINATE
    if codes.is_client_error(status):
        return Outcome.FAILED
    if status == codes.SERVICE_UNAVAILABLE and "retry-after" in headers:
        return Outcome.FAILED
    return Outcome.INDETERMINATE


def of_error(error: httpx.TransportError) -> Outcome:
    """What a request that got no complete answer means."""
    return Outcome.FAILED if isinstance(error, NEVER_SENT) else Outcome.INDETERMINATE
