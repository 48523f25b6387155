"""Proves, over MLflow's endpoints, the depths that pool.py's bound rests on."""

from collections import Counter

from mlflow_ha_server.pool import DEPTH

from tests.cluster.server import calls
from tests.cluster.server.instance import MLFLOW_ADMIN, Instance


def test_no_endpoint_holds_more_connections_than_the_pools_size_allows_for(
    server: Instance,
) -> None:
    calls.make_user(server.url)
    calls.everything(server.url, MLFLOW_ADMIN)
    calls.everything(server.url, calls.USER)
    lines = server.access_lines()
    deepest: Counter[str] = Counter()
    for line in lines:
        for engine, held in line.get("db_held", {}).items():
            deepest[engine] = max(deepest[engine], held)
    # Equal, not at most: a call that no longer reaches its depth proves nothing.
    assert dict(deepest) == dict(DEPTH)
    assert [x for x in lines if x["level"] == "error"] == []
