"""The way to a server: straight, through the spool, or many calls together, as is asked for."""

from __future__ import annotations

from mlflow_ha.sender import Sender
from mlflow_ha.settings import current
from mlflow_ha.stores import Line


def line_to(uri: str) -> Line:
    """Return the line for a tracking or registry URI, as the environment asks for it."""
    if not current().coalesce:
        return _line_of_single_calls(uri)
    from mlflow_ha.coalescing.line import CoalescingLine  # noqa: PLC0415  (only who wants it pays)

    return CoalescingLine(uri, _line_of_single_calls(uri))


def _line_of_single_calls(uri: str) -> Line:
    if not current().spool:
        return Sender(uri, current())
    from mlflow_ha.spool.line import SpoolLine  # noqa: PLC0415  (only who spools pays)

    return SpoolLine(uri)
