"""MLflow finds the installed wheel by its entry points, and is left as it is on request."""

import json
import subprocess

from tests.cluster.client.conftest import Reached
from tests.cluster.client.environment import Ready, variables

HEAVY = {
    "mlflow_ha.stores",
    "mlflow_ha.sender",
    "mlflow_ha.settings",
    "tenacity",
    "pydantic_settings",
}


def test_plain_addresses_go_through_it(ready: Ready, stock: Reached) -> None:
    told = json.loads(ready.run("hello", **stock.variables))
    assert (told["tracking"], told["registry"]) == ("mlflow_ha.stores", "mlflow_ha.stores")


def test_disabled_it_gives_back_stock_mlflow(ready: Ready, stock: Reached) -> None:
    told = json.loads(ready.run("hello", MLFLOW_HA_DISABLE=1, **stock.variables))
    assert told["tracking"] == "mlflow.store.tracking.rest_store"
    assert told["registry"] == "mlflow.store.model_registry.rest_store"
    assert set(told["loaded"]) == {"mlflow_ha", "mlflow_ha.plugin"}


def test_importing_mlflow_loads_next_to_nothing_of_it(ready: Ready) -> None:
    """What it costs is measured elsewhere; here stands that nothing heavy can have come in."""
    loaded = "import mlflow, sys; print(*sys.modules)"
    told = subprocess.run(
        [str(ready.python), "-c", loaded],
        env=variables(), capture_output=True, text=True, timeout=120, check=True,
    )  # fmt: skip
    modules = set(told.stdout.split())
    assert {name for name in modules if name.startswith("mlflow_ha")} == {
        "mlflow_ha",
        "mlflow_ha.plugin",
    }
    assert not modules & HEAVY
