"""An entry survives its way through tags and JSON, and says which tag it does not understand."""

import json
from dataclasses import replace
from datetime import UTC, date, datetime
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from mlflow_ha import ModelRegistryEntry, RegistryException
from mlflow_ha.managers.entries import json_text
from mlflow_ha.managers.lineage import lineage_of

ENTRY = ModelRegistryEntry(
    model_id="i",
    model_type="churn",
    version="1.0.0",
    is_baseline=False,
    baseline_id="b",
    metrics={"accuracy": 0.9},
    delta_metrics={"accuracy_improvement": 0.1},
    contributor_address="0xAbC",
    timestamp=datetime(2026, 1, 2, 3, 4, 5, 6, UTC),
    mlflow_version="2",
)


def version(tags: dict[str, str], number: str = "2") -> Any:
    return SimpleNamespace(
        name="churn", version=number, tags=tags, creation_timestamp=1_767_323_045_000
    )


def test_an_entry_is_read_from_tags_as_it_was_written() -> None:
    assert replace(ModelRegistryEntry.of(version(ENTRY.to_tags())), tags={}) == ENTRY


def test_an_entry_with_its_moment_has_a_form_that_json_knows() -> None:
    told = json.loads(json.dumps(ENTRY.to_dict()))
    assert told["timestamp"] == "2026-01-02T03:04:05.000006+00:00"
    assert told["pending"] is False


def test_an_entry_knows_that_it_waits_for_its_number() -> None:
    assert ModelRegistryEntry.of(version({}, "2000000017")).pending


def test_somebody_elses_version_is_an_entry_too() -> None:
    found = ModelRegistryEntry.of(version({"model_type": "classification"}))
    assert (found.model_type, found.version, found.metrics) == ("churn", "2", {})
    assert found.timestamp == datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)


def test_a_moment_that_says_no_zone_is_taken_for_utc() -> None:
    found = ModelRegistryEntry.of(version({"timestamp": "2026-01-02T03:04:05"}))
    assert found.timestamp == datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)


@pytest.mark.parametrize(
    ("tag", "text"),
    [
        ("metrics", "{"),
        ("metrics", "[1]"),
        ("delta_metrics", '{"a": "b"}'),
        ("timestamp", "yesterday"),
    ],
)
def test_a_tag_that_cannot_be_understood_is_named(tag: str, text: str) -> None:
    with pytest.raises(RegistryException, match=f"version 2 of 'churn' has the tag {tag}="):
        ModelRegistryEntry.of(version({tag: text}))


def test_moments_and_numbers_of_numpy_become_json() -> None:
    value = {"at": datetime(2026, 1, 2, tzinfo=UTC), "day": date(2026, 1, 2), "n": np.float32(0.5)}
    assert json.loads(json_text(value)) == {
        "at": "2026-01-02T00:00:00+00:00",
        "day": "2026-01-02",
        "n": 0.5,
    }


def test_what_json_has_no_form_for_is_named() -> None:
    with pytest.raises(ValueError, match="is a object, which JSON has no form for"):
        json_text({"x": object()})


def test_a_lineage_leads_from_the_first_baseline_to_the_model() -> None:
    first = ModelRegistryEntry("b", "churn", "1", is_baseline=True)
    lineage = lineage_of("i", {"i": ENTRY, "b": first}.__getitem__)
    assert [entry["model_id"] for entry in lineage] == ["b", "i"]
    assert (len(lineage), lineage.model_id, lineage.total_improvement) == (2, "i", 0.1)
    assert "delta_metrics" not in lineage.entries[0]
    json.dumps(lineage.entries)


def test_a_lineage_that_leads_in_a_circle_ends_with_its_way() -> None:
    circle = {
        "a": ModelRegistryEntry("a", "churn", "1", baseline_id="b"),
        "b": ModelRegistryEntry("b", "churn", "1", baseline_id="a"),
    }
    with pytest.raises(RegistryException, match="a -> b -> a"):
        lineage_of("a", circle.__getitem__)
