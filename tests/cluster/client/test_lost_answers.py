"""Whatever call loses its answer, what it asked for is there once.

The requests arrive and are carried out; the door loses the answer to each kind of them in turn.
"""

import pytest

from tests.cluster.client.conftest import Reached
from tests.cluster.client.environment import Ready
from tests.cluster.client.once import what_is_wrong

CREATES = (
    "/experiments/create", "/runs/create", "POST /api/2.0/mlflow/logged-models HTTP",
    "/registered-models/create", "/model-versions/create", "POST /api/3.0/mlflow/traces",
)  # fmt: skip
OTHERS = (
    "/log-metric", "/log-batch", "/log-parameter", "/runs/set-tag", "/delete-tag", "/log-inputs",
    "/runs/outputs", "/runs/update", "PATCH /api/2.0/mlflow/logged-models", "/v1/traces",
    "PUT /api/2.0/mlflow-artifacts", "POST /api/2.0/mlflow/registered-models/alias",
    "/model-versions/set-tag", "/set-experiment-tag", "/model-versions/update",
)  # fmt: skip


@pytest.mark.parametrize("spooled", [False, True], ids=["plain", "spool"])
def test_every_call_whose_answer_is_lost_has_happened_once(
    ready: Ready, server: Reached, spool: dict[str, str], spooled: bool
) -> None:
    name = f"lost-{spooled}"
    for request in (*CREATES, *OTHERS):
        server.door.lose(request)
    ready.run("everything", name, **server.variables, **(spool if spooled else {}))
    assert server.door.lost == len(CREATES) + len(OTHERS)
    assert what_is_wrong(server.contents, name) == []


def test_a_request_that_never_arrived_is_sent_again(ready: Ready, server: Reached) -> None:
    for request in CREATES:
        server.door.hold_back(request)
    ready.run("everything", "held-back", **server.variables)
    assert server.door.held_back == len(CREATES)
    assert what_is_wrong(server.contents, "held-back") == []
