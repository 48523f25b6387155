"""What managers return, and how it is written down in the tags of a model's version.

The names of the tags are those that existing registries already hold.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from typing import Any

from mlflow_ha.managers.arguments import numbers
from mlflow_ha.managers.failures import refusal
from mlflow_ha.managers.place import LABEL
from mlflow_ha.spool.naming import is_local_version


@dataclass
class ModelRegistryEntry:
    """One registered version of a model.

    Attributes:
        model_id: By which models are found; where several versions bear it, the newest is meant.
        model_type: The registered model's name.
        version: As its maker calls it, such as "1.0.0".
        is_baseline: Whether others are compared with it.
        baseline_id: The model it improves.
        metrics: As its maker measured them; empty where nobody did.
        delta_metrics: By how much it improves its baseline, likewise.
        contributor_address: Who is to be credited.
        timestamp: When it was registered, in UTC.
        mlflow_version: The number of the version in MLflow.
        tags: All tags of the version.
        mock: Whether it was made in mock mode and exists nowhere else.
    """

    model_id: str
    model_type: str
    version: str
    is_baseline: bool = False
    baseline_id: str | None = None
    metrics: dict[str, float] = field(default_factory=dict)
    delta_metrics: dict[str, float] | None = None
    contributor_address: str | None = None
    timestamp: datetime = field(default_factory=lambda: datetime.now(UTC))
    mlflow_version: str | None = None
    tags: dict[str, str] = field(default_factory=dict)
    mock: bool = False

    @property
    def pending(self) -> bool:
        """Whether it waits in the spool: the server gives its number when it is back."""
        return self.mlflow_version is not None and is_local_version(self.mlflow_version)

    def to_dict(self) -> dict[str, Any]:
        """Return the same in types that JSON knows."""
        return {**asdict(self), "timestamp": self.timestamp.isoformat(), "pending": self.pending}

    def to_tags(self) -> dict[str, str]:
        """Return what is written down of it."""
        optional = {
            "version": self.version or None,
            "baseline_id": self.baseline_id,
            "delta_metrics": None if self.delta_metrics is None else json_text(self.delta_metrics),
            "contributor_address": self.contributor_address,
        }
        return {
            **self.tags,
            "model_id": self.model_id,
            "model_type": self.model_type,
            "is_baseline": "true" if self.is_baseline else "false",
            "metrics": json_text(self.metrics),
            "timestamp": self.timestamp.isoformat(),
            **{key: value for key, value in optional.items() if value is not None},
        }

    @classmethod
    def of(cls, version: Any) -> ModelRegistryEntry:
        """Return the entry of one of MLflow's model versions, whoever registered it.

        Raises:
            RegistryException: A tag holds what cannot be understood.
        """
        tags = dict(version.tags)
        created = datetime.fromtimestamp((version.creation_timestamp or 0) / 1000, UTC)
        return cls(
            model_id=tags.get("model_id", ""),
            model_type=version.name,
            version=tags.get("version", str(version.version)),
            is_baseline=tags.get("is_baseline") == "true",
            baseline_id=tags.get("baseline_id"),
            metrics=_numbers(version, "metrics") or {},
            delta_metrics=_numbers(version, "delta_metrics"),
            contributor_address=tags.get("contributor_address"),
            timestamp=_moment(version) or created,
            mlflow_version=str(version.version),
            tags=tags,
            mock=tags.get(LABEL) == "true",
        )


@dataclass
class ModelLineage:
    """A model's way from the baseline it began with; iterating yields the entries.

    Attributes:
        model_id: The last one.
        entries: From the first to the last, in types that JSON knows.
        total_improvement: The sum of all delta metrics whose name contains "improvement".
    """

    model_id: str
    entries: list[dict[str, Any]]
    total_improvement: float = 0.0

    def __iter__(self) -> Iterator[dict[str, Any]]:
        return iter(self.entries)

    def __len__(self) -> int:
        return len(self.entries)


def json_text(value: object) -> str:
    """Return JSON, of moments and NumPy's numbers too.

    Raises:
        ValueError: It holds something that JSON has no form for.
    """
    return json.dumps(value, default=_plain)


def _plain(value: Any) -> Any:
    if hasattr(value, "isoformat"):
        return value.isoformat()
    if hasattr(value, "item"):
        return value.item()
    raise ValueError(
        f"{value!r} is a {type(value).__name__}, which JSON has no form for. Use text or numbers"
    )


def _numbers(version: Any, tag: str) -> dict[str, float] | None:
    text = version.tags.get(tag)
    if text is None:
        return None
    try:
        return numbers(json.loads(text), tag)
    except ValueError:
        raise _not_understood(version, tag, text, "a JSON object of numbers") from None


def _moment(version: Any) -> datetime | None:
    text = version.tags.get("timestamp")
    if text is None:
        return None
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise _not_understood(version, "timestamp", text, "a moment in ISO 8601") from None
    # Older registries wrote UTC without saying so.
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _not_understood(version: Any, tag: str, text: str, expected: str) -> Exception:
    return refusal(
        f"version {version.version} of {version.name!r} has the tag {tag}={text!r}: expected "
        f"{expected}. Correct it with update_model_tags"
    )
