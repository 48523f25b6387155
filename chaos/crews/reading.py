"""What the service kept of a crew's work, read by its own means and not by the crew's client."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Any

from chaos.crews.diary import Diary
from chaos.ledger.reading import PATIENCE, Reader
from chaos.ledger.session import session_to
from chaos.target import FrontDoor

KEY_TAG = "crew-key"
"""What script.py calls it, which imports nothing from here, nor may be imported."""


def kept_of(diary: Diary, door: FrontDoor) -> Counter[str]:
    """Count every key that the service holds of a crew's runs, metrics and model versions.

    Args:
        diary: Of the crew; says where it worked.
        door: Where to ask, and as whom.

    Raises:
        ServiceSilent: It did not answer within its deadline.
    """
    found: Counter[str] = Counter()
    if diary.experiment is None:
        return found
    with session_to(door) as session:
        reader = Reader(session, PATIENCE)
        experiment = reader.experiment(diary.experiment)
        for run in reader.runs(experiment) if experiment is not None else ():
            found.update(_keys(run["data"]))
            found.update(metric["key"] for metric in run["data"].get("metrics", []))
        for model in diary.models:
            for version in reader.model_versions(model):
                found.update(_keys(version))
    return found


def _keys(thing: Mapping[str, Any]) -> list[str]:
    return [tag["value"] for tag in thing.get("tags", []) if tag["key"] == KEY_TAG]
