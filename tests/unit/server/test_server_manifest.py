"""Proves that a dump's manifest is read back as written, and anything else refused by name."""

from datetime import UTC, datetime, timedelta, timezone

import pytest
from mlflow_ha_server.manifest import Manifest, ManifestError, name_of

BEGAN = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
GOOD = Manifest(
    name=name_of(BEGAN),
    sha256="0" * 64,
    size=1,
    server=17,
    pg_dump=17,
    revisions={"tracking": "abc"},
    started=BEGAN,
    finished=BEGAN + timedelta(seconds=1),
)


def test_a_manifest_is_read_back_as_it_was_written() -> None:
    assert Manifest.read(GOOD.model_dump_json()) == GOOD


def test_the_order_of_names_is_that_of_the_moments_wherever_the_clock_stands() -> None:
    tokyo = timezone(timedelta(hours=9))
    assert name_of(BEGAN) == "20260102T030405Z"
    assert name_of(BEGAN.astimezone(tokyo)) == name_of(BEGAN)
    assert name_of(BEGAN + timedelta(days=300)) > name_of(BEGAN)


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ({"format": 2}, "format"), ({"sha256": "abc"}, "sha256"), ({"size": 0}, "size"),
        ({"name": "../x"}, "name"), ({"started": "2026-01-02T03:04:05"}, "started"),
        ({"more": 1}, "more"),
    ],
)  # fmt: skip
def test_what_does_not_fit_is_refused_by_name(change: dict[str, object], named: str) -> None:
    text = GOOD.model_copy(update=change).model_dump_json(warnings=False)
    if "more" in change:
        text = text.replace("{", '{"more": 1, ', 1)
    with pytest.raises(ManifestError, match=rf"is not a manifest of a dump \({named}: "):
        Manifest.read(text)


def test_what_is_no_json_is_refused_too() -> None:
    with pytest.raises(ManifestError, match="is not a manifest of a dump"):
        Manifest.read(b"PGDMP")
