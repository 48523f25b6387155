"""Proves the judgement of a witness at an old primary: what was lost, and for how long it answered."""

from __future__ import annotations

from chaos.old_primary import Seen, answered_for, lost


def test_an_acknowledged_write_that_is_gone_is_lost() -> None:
    seen = Seen(reads=(), acknowledged=(("a", 1.0), ("b", 2.0)))
    assert lost(seen, {"a"}) == ["b"]
    assert lost(seen, {"a", "b", "never acknowledged"}) == []


def test_reads_count_from_the_fault_to_the_last_one_answered() -> None:
    seen = Seen(reads=(1.0, 9.0, 12.5), acknowledged=())
    assert answered_for(seen, since=10.0) == 2.5


def test_a_primary_that_fell_silent_before_answered_for_no_time() -> None:
    assert answered_for(Seen(reads=(1.0, 9.0), acknowledged=()), since=10.0) == 0
