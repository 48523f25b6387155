"""What only health and metrics need, and many clients do not have."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from mlflow_ha.errors import MlflowHaError

_PACKAGES = {
    "prometheus_client": "prometheus-client",
    "starlette": "starlette",
    "uvicorn": "uvicorn",
}


class MissingPackage(MlflowHaError):  # noqa: N818  (says what)
    """An optional package is not installed; the text says how to install it."""


@contextmanager
def explained() -> Iterator[None]:
    """Say of an import within, where it fails for want of an optional package, how to get it.

    Raises:
        MissingPackage: One of them is not installed.
    """
    try:
        yield
    except ModuleNotFoundError as error:
        name = (error.name or "").partition(".")[0]
        if name not in _PACKAGES:
            raise
        raise MissingPackage(
            f"{_PACKAGES[name]} is not installed, and health and metrics need it. Install it: "
            "pip install 'mlflow-ha[health]'"
        ) from None
