"""The budget in settings.py is the one the server counts itself: neither imports the other."""

import pytest
from mlflow_ha_server import pool

from setting_groups.tracking import Tracking


@pytest.mark.parametrize("concurrency", [1, 2, 7, 8, 16, 38])
def test_settings_and_server_count_the_same_connections(concurrency: int) -> None:
    tracking = Tracking(api_concurrency=concurrency)
    assert tracking.nested_connections == pool.DEPTH[pool.TRACKING]
    assert tracking.pool_size == pool.smallest_safe_tracking(concurrency)
    assert tracking.connections_per_instance == pool.pools(tracking.pool_size, concurrency).total
