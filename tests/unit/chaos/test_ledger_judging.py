"""Proves how histories are judged: lost, duplicated, outage. Needs no server."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from chaos.ledger import outcome
from chaos.ledger.history import History
from chaos.ledger.judge import reconcile
from chaos.ledger.operation import Operation, Outcome, read_history
from chaos.ledger.outage import first_success_invoked_after, latency, longest_gap

ACK, FAIL, DOUBT = Outcome.ACKNOWLEDGED, Outcome.FAILED, Outcome.INDETERMINATE


def op(
    key: str, what: Outcome = ACK, completed: float = 1.0, invoked: float | None = None
) -> Operation:
    sent = completed - 0.1 if invoked is None else invoked
    return Operation(key, "create_run", 0, sent, completed, 1.7e9, what)


histories = st.lists(st.sampled_from(list(Outcome)), max_size=40).map(
    lambda outcomes: [op(f"k{n}", what, completed=n) for n, what in enumerate(outcomes)]
)
presences = st.dictionaries(st.integers(0, 45).map("k{}".format), st.integers(0, 3))


def test_an_acknowledged_create_that_is_missing_is_lost() -> None:
    assert reconcile([op("a"), op("b")], {"a": 1}).lost == ("b",)


def test_a_create_that_is_there_twice_is_duplicated_whatever_the_client_was_told() -> None:
    books = reconcile([op("a"), op("b", FAIL), op("c", DOUBT)], {"a": 2, "b": 2, "c": 3})
    assert books.duplicated == ("a", "b", "c")
    assert books.lost == ()


def test_an_indeterminate_create_may_be_there_or_not() -> None:
    books = reconcile([op("a", DOUBT), op("b", DOUBT)], {"a": 1})
    assert (books.lost, books.duplicated, books.recovered) == ((), (), ("a",))


def test_a_failed_create_that_is_there_is_counted_but_neither_lost_nor_duplicated() -> None:
    books = reconcile([op("a", FAIL)], {"a": 1})
    assert (books.resurrected, books.lost, books.duplicated) == (("a",), (), ())


def test_what_nobody_asked_for_is_named() -> None:
    assert reconcile([op("a")], {"a": 1, "ghost": 1}).unexpected == ("ghost",)


def test_a_key_that_was_sent_twice_is_refused() -> None:
    with pytest.raises(ValueError, match="key 'a' occurs twice"):
        reconcile([op("a"), op("a", FAIL)], {"a": 1})


@given(histories, presences)
def test_lost_is_exactly_acknowledged_minus_present(
    history: list[Operation], present: dict[str, int]
) -> None:
    books = reconcile(history, present)
    acknowledged = {o.key for o in history if o.outcome is ACK}
    assert set(books.lost) == {key for key in acknowledged if present.get(key, 0) == 0}


@given(histories, presences)
def test_every_copy_too_many_is_found(history: list[Operation], present: dict[str, int]) -> None:
    books = reconcile(history, present)
    assert set(books.duplicated) == {key for key, copies in present.items() if copies > 1}


@given(histories)
def test_a_service_that_keeps_its_word_is_never_accused(history: list[Operation]) -> None:
    present = Counter(o.key for o in history if o.outcome is ACK)
    books = reconcile(history, present)
    wrong = (*books.lost, *books.duplicated, *books.resurrected, *books.unexpected)
    assert wrong == ()


@given(histories, presences)
def test_every_create_is_in_exactly_one_column(
    history: list[Operation], present: dict[str, int]
) -> None:
    books = reconcile(history, present)
    assert books.attempted == len(history)
    assert books.attempted == books.acknowledged + books.failed + books.indeterminate


@pytest.mark.parametrize(
    ("status", "headers", "meaning"),
    [
        (200, {}, ACK),
        (503, {"retry-after": "1"}, FAIL),
        (503, {}, DOUBT),
        (503, {"x-mlflow-ha-outcome": "unknown"}, DOUBT),
        (503, {"x-mlflow-ha-outcome": "unknown", "retry-after": "1"}, DOUBT),
        (400, {}, FAIL),
        (429, {}, FAIL),
        (500, {}, DOUBT),
        (502, {"retry-after": "1"}, DOUBT),
        (504, {}, DOUBT),
        (302, {}, DOUBT),
    ],
)
def test_only_a_clear_answer_is_certain(
    status: int, headers: dict[str, str], meaning: Outcome
) -> None:
    assert outcome.of_answer(status, httpx.Headers(headers)) is meaning


def _transport_errors() -> list[type[httpx.TransportError]]:
    found, queue = [], [httpx.TransportError]
    while queue:
        kind = queue.pop()
        found.append(kind)
        queue += kind.__subclasses__()
    return found


@pytest.mark.parametrize("kind", _transport_errors())
def test_only_errors_before_sending_are_certain_failures(kind: type[httpx.TransportError]) -> None:
    never_sent = {"ConnectError", "ConnectTimeout", "PoolTimeout"}
    expected = FAIL if kind.__name__ in never_sent else DOUBT
    assert outcome.of_error(kind("x")) is expected


def test_the_outage_is_the_longest_time_without_a_success_over_all_threads() -> None:
    history = [op("a", completed=1), op("b", completed=2), op("x", FAIL, 3), op("c", completed=7)]
    gap = longest_gap(history, 1.5, 8)
    assert (gap.began, gap.ended, gap.seconds, gap.open_end) == (2, 7, 5, False)


def test_an_outage_that_began_with_the_fault_counts_from_the_fault() -> None:
    assert longest_gap([op("a", completed=9)], 2, 10).seconds == 7


def test_a_service_that_never_returns_is_out_until_the_end() -> None:
    gap = longest_gap([op("a", completed=1)], 2, 60)
    assert (gap.seconds, gap.open_end) == (58, True)


@given(histories, st.floats(0, 20), st.floats(0, 40))
def test_no_success_lies_inside_the_outage(
    history: list[Operation], start: float, length: float
) -> None:
    gap = longest_gap(history, start, start + length)
    assert start <= gap.began <= gap.ended <= start + length
    assert not any(o.acknowledged and gap.began < o.completed < gap.ended for o in history)


def test_an_answer_to_a_request_from_before_the_fault_proves_no_recovery() -> None:
    history = [op("a", completed=5.2, invoked=4.9), op("b", completed=8, invoked=7)]
    assert first_success_invoked_after(history, 5) == 8


def test_latency_counts_successes_only_and_takes_the_nearest_rank() -> None:
    history = [op(str(n), completed=n + n / 100, invoked=n) for n in range(1, 101)]
    found = latency([*history, op("x", FAIL, completed=50, invoked=1)], 0, 1000)
    assert (found.count, round(found.p50 or 0, 9), round(found.p99 or 0, 9)) == (100, 0.5, 0.99)


def test_a_history_survives_the_disk(tmp_path: Path) -> None:
    written = [op("a"), op("b", DOUBT)]
    with History(tmp_path / "h.jsonl") as history:
        for operation in written:
            history.append(operation)
    assert list(read_history(tmp_path / "h.jsonl")) == written


def test_recent_operations_are_found_from_the_end(tmp_path: Path) -> None:
    with History(tmp_path / "h.jsonl") as history:
        for second in range(100):
            history.append(op(str(second), completed=second))
        assert [o.key for o in history.since(97)] == ["97", "98", "99"]
        assert history.count(ACK) == 100
