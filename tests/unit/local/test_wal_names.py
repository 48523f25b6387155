"""Proves which archived segments a restore would miss, across promotions too."""

from __future__ import annotations

import pytest

from local.wal_names import gaps, name_of, position_of

SECOND = "1\t0/5000028\tno recovery target specified\n"
THIRD = f"{SECOND}\n2\t0/8000000\tno recovery target specified\n"


def names(timeline: int, *positions: int) -> set[str]:
    return {name_of(timeline, position) for position in positions}


@pytest.mark.parametrize(
    ("position", "name"),
    [(1, "000000020000000000000001"), (255, "0000000200000000000000FF"), (256, "0" * 7 + "2" + "0" * 7 + "1" + "0" * 8)],
)  # fmt: skip
def test_a_name_is_a_timeline_and_a_position(position: int, name: str) -> None:
    assert name_of(2, position) == name
    assert position_of(name) == position


def test_a_row_of_segments_has_no_gap() -> None:
    assert gaps(names(1, 3, 4, 5), {}, first=name_of(1, 3), last=name_of(1, 5)) == []


def test_a_segment_that_is_not_there_is_named() -> None:
    assert gaps(names(1, 3, 4, 7), {}, first=name_of(1, 3), last=name_of(1, 7)) == sorted(
        names(1, 5, 6)
    )


def test_what_lies_before_the_beginning_is_not_asked_for() -> None:
    assert gaps(names(1, 1, 7, 8), {}, first=name_of(1, 7), last=name_of(1, 8)) == []


def test_an_archive_that_ends_too_early_lacks_the_rest() -> None:
    """As after a command that says it has sent a segment, and has not."""
    found = gaps(names(1, 6), {}, first=name_of(1, 7), last=name_of(1, 8))
    assert found == sorted(names(1, 7, 8))


def test_a_promoted_node_goes_on_with_the_segment_its_parent_was_left_in() -> None:
    archived = names(1, 3, 4) | names(2, 5, 6) | {f"{name_of(1, 5)}.partial", "00000002.history"}
    assert gaps(archived, {2: SECOND}, first=name_of(1, 3), last=name_of(2, 6)) == []


def test_a_parents_later_segment_does_not_stand_for_its_childs() -> None:
    """An old primary that was cut off from etcd alone may archive beyond the position it was left at."""
    archived = names(1, 3, 4, 5, 6) | names(2, 5, 7)
    found = gaps(archived, {2: SECOND}, first=name_of(1, 3), last=name_of(2, 7))
    assert found == [name_of(2, 6)]


def test_a_childs_segment_does_not_stand_for_its_parents() -> None:
    archived = names(1, 3) | names(2, 5)
    found = gaps(archived, {2: SECOND}, first=name_of(1, 3), last=name_of(2, 5))
    assert found == [name_of(1, 4)]


def test_a_parent_may_be_left_where_a_segment_begins() -> None:
    archived = names(1, 4) | names(2, 5, 6, 7) | names(3, 8)
    histories = {2: SECOND, 3: THIRD}
    assert gaps(archived, histories, first=name_of(1, 4), last=name_of(3, 8)) == []


def test_without_its_history_a_timeline_cannot_be_restored() -> None:
    archived = names(1, 4) | names(2, 5)
    found = gaps(archived, {}, first=name_of(1, 4), last=name_of(2, 5))
    assert found == ["00000002.history"]
