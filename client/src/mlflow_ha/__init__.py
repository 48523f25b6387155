"""Unchanged MLflow code lives through an outage of its server; nothing is lost or doubled.

Installing the package is enough: MLflow finds it for `http` and `https` addresses. What stands here
is for code that wants to know more.
"""

from __future__ import annotations

import importlib
from typing import Any

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
