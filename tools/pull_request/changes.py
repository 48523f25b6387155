"""What a preview would change: read from the JSON that Pulumi prints."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

STATEFUL = (
    "aws:rds/cluster:",
    "aws:rds/instance:",
    "aws:rds/clusterInstance:",
    "aws:s3/bucket:",
    "aws:s3/bucketV2:",
    "aws:kms/key:",
    "aws:backup/vault:",
    "aws:secretsmanager/secret:",
    "pulumi-python:dynamic/mlflow-ha:GeneratedSecret",
)
"""Types whose loss loses data, or what is needed to read it."""
UNCHANGED = {"same", "read", "refresh"}
_PARTS_OF_A_REPLACEMENT = {"create-replacement", "delete-replaced"}


class PreviewError(ValueError):
    """A file that is not what a preview prints."""


@dataclass(frozen=True)
class Change:
    """One resource that would change.

    Attributes:
        operation: "create", "update", "replace" or "delete", as Pulumi says it.
        type: Of the resource.
        name: In the program.
        properties: Those that differ, if Pulumi names them.
    """

    operation: str
    type: str
    name: str
    properties: tuple[str, ...]

    @property
    def loses_state(self) -> bool:
        return self.operation in {"replace", "delete"} and self.type.startswith(STATEFUL)


def changes(path: Path) -> tuple[Change, ...]:
    """Read the changes of one preview; what happens to a replaced resource is one change.

    Raises:
        PreviewError: The file is missing or holds something else.
    """
    try:
        steps = json.loads(path.read_text(encoding="utf-8"))["steps"]
        return tuple(dict.fromkeys(_changes(steps)))
    except FileNotFoundError:
        raise PreviewError(
            f"{path} does not exist. Write it with: python -m tools.engine preview STACK --json"
        ) from None
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise PreviewError(
            f"{path} is not what a preview prints as JSON ({type(error).__name__}: {error}). "
            "Make it anew"
        ) from None


def _changes(steps: list[dict[str, Any]]) -> Iterator[Change]:
    replaced = {
        step["urn"] for step in steps if step["op"] in {"replace", *_PARTS_OF_A_REPLACEMENT}
    }
    for step in steps:
        if step["op"] in UNCHANGED:
            continue
        urn = str(step["urn"])
        operation = "replace" if step["urn"] in replaced else str(step["op"])
        _, _, kind, name = urn.split("::", 3)
        # A replacement is told in several steps, only some of which say why.
        keys = _properties(steps, urn)
        yield Change(operation, kind.rsplit("$", 1)[-1], name, keys)


def _properties(steps: list[dict[str, Any]], urn: str) -> tuple[str, ...]:
    found: set[str] = set()
    for step in steps:
        if step["urn"] == urn:
            found |= {*(step.get("replaceReasons") or ()), *(step.get("diffReasons") or ())}
            found |= set(step.get("detailedDiff") or ())
    return tuple(sorted(found))
