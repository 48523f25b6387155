"""Mistakes in a stack file, told so that they can be mended without knowing pydantic."""

from __future__ import annotations

import difflib
from typing import Any, get_args

from pydantic import BaseModel, ValidationError


def explained(error: ValidationError, model: type[BaseModel]) -> list[str]:
    """Return each mistake as a line or more: the key, its value, the rule, the remedy.

    Args:
        error: What pydantic found.
        model: The model that was filled; names near to a misspelt key come from it.
    """
    return [line for item in error.errors() for line in _explain(item, model)]


def _explain(item: Any, model: type[BaseModel]) -> list[str]:
    key = ".".join(str(part) for part in item["loc"])
    if item["type"] == "extra_forbidden":
        near = difflib.get_close_matches(
            str(item["loc"][-1]), _keys_beside(item["loc"], model), n=1
        )
        hint = f"Did you mean {near[0]!r}?" if near else "Remove it"
        return [f"{key} = {item['input']!r}: no such setting. {hint}"]
    if item["type"] == "missing":
        return [f"{key}: is required and missing. Add it"]
    if item["type"] == "value_error":
        prefix = f"{key}: " if key else ""
        return [prefix + line for line in str(item["ctx"]["error"]).splitlines()]
    rule = item["msg"][0].lower() + item["msg"][1:]
    return [f"{key} = {item['input']!r}: {rule}. Change it to a value that fits"]


def _keys_beside(location: tuple[int | str, ...], model: type[BaseModel]) -> list[str]:
    for part in location[:-1]:
        field = model.model_fields.get(str(part))
        inner = [field.annotation, *get_args(field.annotation)] if field else []
        models = [kind for kind in inner if isinstance(kind, type) and issubclass(kind, BaseModel)]
        if not models:
            return []
        model = models[0]
    return list(model.model_fields)
