"""What is found by its name where it exists already: somebody else may have made it meanwhile."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from mlflow_ha.message import Message

Ask = Callable[[Message], Mapping[str, Any]]


def can_be_found(api: str) -> bool:
    """Whether what a create makes is known by its name alone."""
    return api in ("CreateExperiment", "CreateRegisteredModel")


def found(create: Message, ask: Ask) -> dict[str, Any]:
    """Return what `create` would have answered, had it made what is there already."""
    name = create.parameters["name"]
    if create.api == "CreateExperiment":
        by_name = "/api/2.0/mlflow/experiments/get-by-name"
        told = ask(Message("GetExperimentByName", "GET", by_name, {"experiment_name": name}))
        return {"experiment_id": told["experiment"]["experiment_id"]}
    by_name = "/api/2.0/mlflow/registered-models/get"
    return dict(ask(Message("GetRegisteredModel", "GET", by_name, {"name": name})))
