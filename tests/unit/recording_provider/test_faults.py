"""A file of faults is taken literally, and refused when it cannot be."""

import json
from pathlib import Path

import pytest

from tools.recording_provider.faults import Fault, FaultsError, read


def test_without_a_file_nothing_fails(tmp_path: Path) -> None:
    assert read(tmp_path / "none.json") == []


def test_a_fault_without_a_method_hits_what_changes_something() -> None:
    fault = Fault(name="writer", error="no")
    assert fault.matches(method="Create", type_="any", name="writer")
    assert not fault.matches(method="Read", type_="any", name="writer")
    assert not fault.matches(method="Create", type_="any", name="reader")


@pytest.mark.parametrize(
    ("faults", "said"),
    [
        ([{"error": "everything"}], "would hit everything"),
        ([{"name": "a", "errors": "typo"}], "Extra inputs are not permitted"),
        ([{"name": "a", "delay_seconds": -1}], "greater than or equal to 0"),
    ],
)
def test_a_fault_that_cannot_be_meant_is_refused(
    faults: list[dict[str, object]], said: str, tmp_path: Path
) -> None:
    path = tmp_path / "faults.json"
    path.write_text(json.dumps(faults), encoding="utf-8")
    with pytest.raises(FaultsError, match=said):
        read(path)
