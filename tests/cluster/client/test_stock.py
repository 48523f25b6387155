"""What holds with a server that knows no idempotency keys, and where it ends.

test_lost_answers.py loses the answer to every kind of call, with such a server too. Here stand the
ways in which it could go wrong there in particular.
"""

import json

import pytest

from bench.client_kills.zygote import Ended
from tests.cluster.client.conftest import Reached
from tests.cluster.client.environment import Ready

REMOVALS = (
    "/runs/delete-tag", "/runs/delete ", "/runs/restore", "/tags/t", "DELETE /api/2.0/mlflow/logged-models/m-",
    "DELETE /api/2.0/mlflow/registered-models/alias", "/model-versions/delete-tag",
    "DELETE /api/2.0/mlflow/model-versions/delete ", "/registered-models/delete-tag",
    "/registered-models/rename", "DELETE /api/2.0/mlflow/registered-models/delete ",
    "/experiments/delete ", "/experiments/restore", "/experiments/update",
)  # fmt: skip


def test_what_was_taken_away_before_its_answer_was_lost_is_no_error(
    ready: Ready, server: Reached
) -> None:
    for request in REMOVALS:
        server.door.lose(request)
    raised = json.loads(ready.run("removing", "removed", **server.variables))
    assert server.door.lost == len(REMOVALS)
    assert raised == {}


def test_another_ones_experiment_is_not_taken_for_ones_own(ready: Ready, stock: Reached) -> None:
    """The name exists: that the answer to a create was lost does not make it the caller's."""
    stock.contents.post("/api/2.0/mlflow/experiments/create", {"name": "theirs"})
    stock.door.lose("/experiments/create")
    with pytest.raises(Ended, match="RESOURCE_ALREADY_EXISTS"):
        ready.run("begin", "theirs", **stock.variables)


def test_what_cannot_be_looked_for_is_not_repeated_and_told(ready: Ready, stock: Reached) -> None:
    stock.door.lose("/datasets/create")
    with pytest.raises(Ended, match=r"OutcomeUnknown: .* Look whether it took effect"):
        ready.run("dataset", "unsure", **stock.variables)
    assert stock.door.lost == 1
    found = stock.contents.post(
        "/api/3.0/mlflow/datasets/search", {"filter_string": "name = 'unsure'"}
    )
    assert len(found["datasets"]) == 1
