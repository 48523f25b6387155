"""Proves what people are told of the WAL archive: that it works, lags or fails, and how much waits."""

from __future__ import annotations

import io

import pytest
from rich.console import Console

from local.status import ArchiveStatus, Status
from local.table import status_table

NAME = "000000010000000000000007"


def told(archive: ArchiveStatus | None) -> str:
    status = Status(
        healthy=True, endpoint="", credentials_file="", missing=[], archive=archive, hosts=[]
    )
    page = io.StringIO()
    Console(file=page, width=200).print(status_table(status))
    return page.getvalue()


def archive(*, waiting: int = 0, failing: bool = False, last: str = NAME) -> ArchiveStatus:
    return ArchiveStatus(archived=7, failed=1, waiting=waiting, failing=failing, last=last)


@pytest.mark.parametrize(
    ("seen", "said"),
    [
        (archive(), f"WAL archive: {NAME}, 0 files wait"),
        (archive(waiting=2), f"WAL archive: {NAME}, 2 files wait"),
        (archive(last=""), "WAL archive: nothing sent yet"),
        (archive(waiting=2, failing=True), "WAL archive: the last attempt failed, 2 files wait"),
        (None, "WAL archive: no primary tells"),
    ],
)
def test_the_archive_has_a_line_and_costs_no_health(seen: ArchiveStatus | None, said: str) -> None:
    text = told(seen)
    assert said in text
    assert "healthy" in text
