"""From a model back to the baseline it began with. Pure."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from mlflow_ha.managers.entries import ModelLineage, ModelRegistryEntry
from mlflow_ha.managers.failures import refusal


def lineage_of(model_id: str, find: Callable[[str], ModelRegistryEntry]) -> ModelLineage:
    """Return a model's lineage.

    Args:
        model_id: Of the last one.
        find: Returns a model by its id.

    Raises:
        RegistryException: The way leads in a circle.
    """
    way: dict[str, ModelRegistryEntry] = {}
    following: str | None = model_id
    while following:
        if following in way:
            raise refusal(
                f"model_id={model_id!r}: its lineage leads in a circle "
                f"({' -> '.join([*way, following])}). Correct a baseline_id with update_model_tags"
            )
        way[following] = find(following)
        following = way[following].baseline_id
    entries = list(reversed(way.values()))
    deltas = [pair for entry in entries for pair in (entry.delta_metrics or {}).items()]
    total = sum(delta for name, delta in deltas if "improvement" in name)
    return ModelLineage(model_id, [_told(entry) for entry in entries], total)


def _told(entry: ModelRegistryEntry) -> dict[str, Any]:
    told = entry.to_dict()
    always = ("model_id", "baseline_id", "version", "metrics", "timestamp", "mock")
    where_known = ("delta_metrics", "contributor_address")
    return {key: told[key] for key in always} | {
        key: told[key] for key in where_known if told[key] is not None
    }
