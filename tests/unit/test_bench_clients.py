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
    assert {(way, share) for way, each in added.items() for share in each} == {
        (way, share) for way in WAYS if way != "stock" for share in ("p50_ms", "p99_ms")
    }
    for found in (found for each in added.values() for found in each.values()):
        assert found["met"] is met
        assert found["ms"] == pytest.approx(client_ms - stock_ms)


def test_slow_calls_count_even_where_most_are_quick() -> None:
    taken = {way: [0.005] * 950 + [0.005 if way == "stock" else 0.009] * 50 for way in WAYS}
    added = _figures(taken)["added"]["client"]
    assert (added["p50_ms"]["ms"], added["p50_ms"]["met"]) == (0, True)
    assert (added["p99_ms"]["ms"], added["p99_ms"]["met"]) == (4, False)


def test_a_difference_that_chance_may_have_made_decides_nothing() -> None:
    # One call in fifty takes ten times as long, in the one a few more often than in the other.
    taken = {way: [0.005] * 980 + [0.05] * (12 if way == "stock" else 9) for way in WAYS}
    added = _figures(taken)["added"]["client"]["p99_ms"]
    low, high = added["between_ms"]
    assert low < 0 < added["allowed_ms"] < high
    assert added["met"] is None


def test_the_ratio_is_that_of_neighbouring_turns() -> None:
    ours = [{"calls_per_s": each} for each in (100.0, 300.0, 220.0)]
    stock = [{"calls_per_s": each} for each in (10.0, 20.0, 20.0)]
    assert _ratio(ours, stock) == {"turns": [10.0, 15.0, 11.0], "median": 11.0, "min": 10.0}


def test_the_client_knows_every_call_that_is_measured() -> None:
    assert set(CALLS) == set(DONE)
