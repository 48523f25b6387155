"""Copies of files wait as long as their operation does; only what nobody needs any more is removed."""

import os
import time
from pathlib import Path

from mlflow_ha.spool.staging import Staging

TWO_DAYS = 2 * 86400


def test_a_copy_of_an_old_folder_is_new(tmp_path: Path) -> None:
    """Else the process that sends would remove it before its operation is in the log."""
    source, staging = tmp_path / "source", Staging(tmp_path)
    source.mkdir()
    (source / "a.txt").write_text("a")
    os.utime(source, (0, 0))
    staging.keep("key", source)
    staging.remove_abandoned([])
    assert (staging.of("key") / "a.txt").read_text() == "a"


def test_what_belongs_to_no_operation_goes_after_a_day(tmp_path: Path) -> None:
    staging = Staging(tmp_path)
    ages = {"new": 0, "needed": TWO_DAYS, "abandoned": TWO_DAYS}
    for key, age in ages.items():
        staging.of(key).mkdir()
        moment = time.time() - age
        os.utime(staging.of(key), (moment, moment))
    staging.remove_abandoned(["needed"])
    assert sorted(folder.name for folder in tmp_path.iterdir()) == ["needed", "new"]
