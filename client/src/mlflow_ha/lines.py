"""The way to a server: straight, or through the spool where one is asked for."""

from __future__ import annotations

from mlflow_ha.sender import Sender
from mlflow_ha.settings import current
from mlflow_ha.stores import Line


def line_to(uri: str) -> Line:
    """Return the line for a tracking or registry URI, as the environment asks for it."""
    if not current().spool:
        return Sender(uri, current())
    from mlflow_ha.spool.line import SpoolLine  # noqa: PLC0415  (only who spools pays)

    return SpoolLine(uri)
