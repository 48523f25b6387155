"""What a benchmark of the client says it found follows from what it measured."""

import pytest

from bench.client_cost import CALLS, WAYS, _figures
from bench.client_work import CALLS as DONE
from bench.coalescing import _ratio


@pytest.mark.parametrize(
    ("stock_ms", "client_ms", "met"),
    [(5, 5.4, True), (5, 5.6, False), (40, 41, True), (40, 42, False), (5, 4, True)],
)
def test_half_a_millisecond_or_three_in_a_hundred_may_be_added(
    stock_ms: float, client_ms: float, met: bool
) -> None:
    taken = {way: [client_ms / 1000] * 100 for way in WAYS} | {"stock": [stock_ms / 1000] * 100}
    added = _figures(taken)["added"]
    assert {way: each["met"] for way, each in added.items()} == {
        "client": met,
        "client, spool": met,
    }
    assert added["client"]["p99_ms"] == pytest.approx(client_ms - stock_ms)


def test_slow_calls_count_even_where_most_are_quick() -> None:
    taken = {way: [0.005] * 97 + [0.005 if way == "stock" else 0.009] * 3 for way in WAYS}
    found = _figures(taken)
    assert (found["added"]["client"]["p50_ms"], found["added"]["client"]["p99_ms"]) == (0, 4)
    assert not found["added"]["client"]["met"]


def test_the_ratio_is_that_of_neighbouring_turns() -> None:
    ours = [{"calls_per_s": each} for each in (100.0, 300.0, 220.0)]
    stock = [{"calls_per_s": each} for each in (10.0, 20.0, 20.0)]
    assert _ratio(ours, stock) == {"turns": [10.0, 15.0, 11.0], "median": 11.0, "min": 10.0}


def test_the_client_knows_every_call_that_is_measured() -> None:
    assert set(CALLS) == set(DONE)
