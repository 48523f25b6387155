"""What Pulumi was given, beside the stack's own file, which alone is read here.

The cost, the policies and the drills read that file too: what is deployed has to be what they see.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from pydantic import BaseModel


def decoded(config: Mapping[str, str]) -> dict[str, Any]:
    """Return the configuration as the stack's file would have it.

    Args:
        config: As Pulumi hands it to a program: groups are JSON, other values plain text.
    """
    return {key: _decoded(text) for key, text in config.items()}


def another_file(committed: BaseModel, given: BaseModel, path: str) -> str | None:
    """Return what is wrong where Pulumi was given other settings than the committed ones.

    Args:
        committed: What the stack's own file says.
        given: What Pulumi was given, of the same model.
        path: Of the stack's own file.
    """
    groups = [
        name
        for name in type(committed).model_fields
        if getattr(committed, name) != getattr(given, name)
    ]
    if not groups:
        return None
    return (
        f"{', '.join(groups)}: Pulumi was given other values than {path} has, for instance by "
        f"--config-file. Only {path} is read, by this program and by the cost, the policies and the "
        "drills. Write them there, and leave --config-file out"
    )


def _decoded(text: str) -> Any:
    try:
        return json.loads(text)
    except json.JSONDecodeError:
        return text
