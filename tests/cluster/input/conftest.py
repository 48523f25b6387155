"""What the tests of real input share: the stock MLflow client, entering by the front door."""

from __future__ import annotations

import pytest
from mlflow import MlflowClient

from local.cluster import Cluster


@pytest.fixture
def tracking(cluster: Cluster) -> MlflowClient:
    """MLflow's own client; `cluster` has put its credentials into the environment."""
    return MlflowClient(cluster.endpoint)
