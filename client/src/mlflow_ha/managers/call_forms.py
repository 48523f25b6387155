"""Which calls of ExperimentManager are understood, and why others are not. Pure.

ExperimentManager()                                 the default experiment
ExperimentManager("name")                           experiment_name="name" is the same
ExperimentManager(registry)                         registry=registry is the same
ExperimentManager("name", registry=registry)        both
… , mlflow_tracking_uri="http://host:5000")         with any of them
"""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from typing import Any

from mlflow_ha.address import redacted

DEFAULT_EXPERIMENT = "hokusai_model_improvements"
_FORMS = (
    "Use ExperimentManager('name'), ExperimentManager(registry) or "
    "ExperimentManager('name', registry=registry)"
)
# What a manager uses of a registry, or a registry is for; one of them makes an object one.
_OF_A_REGISTRY = ("tracking_uri", "get_model_by_id", "register_baseline")
_CALLER_OF_THE_CONSTRUCTOR = 4


@dataclass(frozen=True)
class Call:
    """A call as it was meant.

    Attributes:
        experiment_name: Where runs go.
        registry: As it was given, if it was.
        tracking_uri: The argument, else the registry's; None: what MLflow would use.
    """

    experiment_name: str
    registry: Any | None
    tracking_uri: str | None


def understood(experiment_name: Any, mlflow_tracking_uri: Any, registry: Any) -> Call:
    """Return what a call means; to be called by the constructor.

    Warns:
        UserWarning: Address and registry name different servers.

    Raises:
        ValueError: The call means nothing; the text says which argument and why.
    """
    if not isinstance(experiment_name, str):
        registry = _the_one_registry(experiment_name, registry)
        experiment_name = DEFAULT_EXPERIMENT
    elif registry is not None and not _is_registry(registry):
        raise ValueError(f"registry={_shown(registry)} is no registry. {_FORMS}")
    if not experiment_name.strip():
        raise ValueError(f"experiment_name={experiment_name!r} is empty. {_FORMS}")
    if not isinstance(mlflow_tracking_uri, (str, type(None))):
        raise ValueError(  # noqa: TRY004  (one error for every call that is not understood)
            f"mlflow_tracking_uri={_shown(mlflow_tracking_uri)} is no address. Use text such as "
            "'http://host:5000'; a registry goes first, or by its name: registry=registry"
        )
    return Call(experiment_name, registry, _address(mlflow_tracking_uri, registry))


def _the_one_registry(first: Any, registry: Any) -> Any:
    if not _is_registry(first):
        raise ValueError(
            f"experiment_name={_shown(first)} is neither the name of an experiment nor a registry. "
            f"{_FORMS}"
        )
    if registry is not None:
        raise ValueError(
            f"two registries were given, {_shown(first)} first and registry={_shown(registry)}. "
            f"Give one. {_FORMS}"
        )
    return first


def _is_registry(value: Any) -> bool:
    return not isinstance(value, type) and any(hasattr(value, name) for name in _OF_A_REGISTRY)


def _address(argument: str | None, registry: Any | None) -> str | None:
    of_registry = getattr(registry, "tracking_uri", None)
    if not isinstance(of_registry, (str, type(None))):
        raise ValueError(  # noqa: TRY004  (one error for every call that is not understood)
            f"registry.tracking_uri={_shown(of_registry)} is no address. Use text such as "
            "'http://host:5000', or None"
        )
    if argument and of_registry and argument.rstrip("/") != of_registry.rstrip("/"):
        warnings.warn(
            f"the registry works at {redacted(of_registry)}, this manager at {redacted(argument)}: "
            "it does not find the registry's models there. Give one address, or none",
            UserWarning,
            stacklevel=_CALLER_OF_THE_CONSTRUCTOR,
        )
    return argument or of_registry or None


def _shown(value: Any) -> str:
    text = repr(value)
    return f"{text if len(text) <= 80 else text[:77] + '...'} ({type(value).__name__})"  # noqa: PLR2004  (a line's worth)
