"""Proves the pool's bound by playing the game it is about, not by repeating its formula."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from mlflow_ha_server.pool import DEPTH, Pools, pools, smallest_safe, smallest_safe_tracking


def deadlocks(pool: int, concurrency: int, depth: int) -> bool:
    """Return whether the worst order of requests ends with all of them waiting."""
    held = [0] * concurrency
    free = pool
    # The adversary brings every request as far as one short of all it wants.
    for i in range(concurrency):
        take = min(depth - 1, free)
        held[i], free = take, free - take
    # Whoever can take its next connection runs to its end.
    return free == 0 and all(h < depth for h in held)


@given(st.integers(1, 60), st.integers(1, 6))
def test_the_bound_is_safe_and_one_less_is_not(concurrency: int, depth: int) -> None:
    safe = smallest_safe(concurrency, depth)
    assert not deadlocks(safe, concurrency, depth)
    assert safe == 1 or deadlocks(safe - 1, concurrency, depth)


def test_the_stock_pool_of_15_deadlocks_with_40_requests() -> None:
    assert deadlocks(15, 40, DEPTH["tracking"])


def test_an_instance_opens_no_more_than_the_sum_of_its_pools() -> None:
    assert pools(26, 8) == Pools(tracking=26, registry=9, auth=5, jobs=2)
    assert pools(26, 8).total == 42


def test_the_probe_has_a_connection_beyond_the_bound() -> None:
    assert smallest_safe_tracking(8) == 8 * 3 + 1 + 1


@pytest.mark.parametrize(("concurrency", "depth"), [(0, 2), (1, 0)])
def test_a_bound_for_nobody_is_refused(concurrency: int, depth: int) -> None:
    with pytest.raises(ValueError, match="must be 1 or more"):
        smallest_safe(concurrency, depth)
