"""Unchanged MLflow code lives through an outage of its server; nothing is lost or doubled.

Installing the package is enough: MLflow finds it for `http` and `https` addresses. What stands here
is for code that wants to know more.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from mlflow_ha.breaker import MLflowCircuitBreaker as MLflowCircuitBreaker
    from mlflow_ha.control import flush as flush
    from mlflow_ha.control import resolve as resolve
    from mlflow_ha.control import status as status
    from mlflow_ha.errors import (
        CircuitBreakerOpenError as CircuitBreakerOpenError,
    )
    from mlflow_ha.errors import (
        MlflowHaError as MlflowHaError,
    )
    from mlflow_ha.errors import (
        MLflowUnavailableError as MLflowUnavailableError,
    )
    from mlflow_ha.errors import (
        OutcomeUnknown as OutcomeUnknown,
    )
    from mlflow_ha.errors import (
        SpoolError as SpoolError,
    )
    from mlflow_ha.errors import (
        TrackingUnavailable as TrackingUnavailable,
    )
    from mlflow_ha.experiment_manager import ExperimentManager as ExperimentManager
    from mlflow_ha.managers.entries import (
        ModelLineage as ModelLineage,
    )
    from mlflow_ha.managers.entries import (
        ModelRegistryEntry as ModelRegistryEntry,
    )
    from mlflow_ha.managers.failures import (
        RegistryException as RegistryException,
    )
    from mlflow_ha.managers.failures import (
        RegistryUnavailable as RegistryUnavailable,
    )
    from mlflow_ha.managers.place import MockModeWarning as MockModeWarning
    from mlflow_ha.model_registry import ModelRegistry as ModelRegistry
    from mlflow_ha.settings import MLflowSettings as MLflowSettings

_WHERE = {
    "CircuitBreakerOpenError": "errors",
    "ExperimentManager": "experiment_manager",
    "MLflowCircuitBreaker": "breaker",
    "MLflowSettings": "settings",
    "MLflowUnavailableError": "errors",
    "MlflowHaError": "errors",
    "MockModeWarning": "managers.place",
    "ModelLineage": "managers.entries",
    "ModelRegistry": "model_registry",
    "ModelRegistryEntry": "managers.entries",
    "OutcomeUnknown": "errors",
    "RegistryException": "managers.failures",
    "RegistryUnavailable": "managers.failures",
    "SpoolError": "errors",
    "TrackingUnavailable": "errors",
    "flush": "control",
    "resolve": "control",
    "status": "control",
}
__all__ = sorted(_WHERE)  # noqa: PLE0605  (one list of names, sorted)


def __getattr__(name: str) -> Any:
    # Late: MLflow loads this package while it is being imported itself.
    if name not in _WHERE:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(f"{__name__}.{_WHERE[name]}"), name)
