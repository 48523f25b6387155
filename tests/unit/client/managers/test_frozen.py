"""The suite of old usage is as it was written: it may only ever be run, never changed."""

import hashlib
from pathlib import Path

SUITE = Path(__file__).parents[3] / "cluster" / "client" / "managers" / "test_frozen_usage.py"
HASH = "7e761fef2fb375053690b933e6d6c99d924120ca7c4e444318bbfa2f09b8a3d3"


def test_the_suite_of_old_usage_was_not_touched() -> None:
    assert hashlib.sha256(SUITE.read_bytes()).hexdigest() == HASH, (
        f"{SUITE.name} stands for code that others have written: put it back as it was"
    )
