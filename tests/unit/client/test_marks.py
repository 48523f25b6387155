"""The tag by which a stock server's repetitions are told apart is the server's to see, not the caller's."""

from mlflow_ha.message import Message
from mlflow_ha.sender import Sender
from mlflow_ha.settings import MLflowSettings
from mlflow_ha.stock import TAG, unmarked

from tests.unit.client.little_server import LittleServer

API = "/api/2.0/mlflow"
OWN = {"key": "stage", "value": "explored"}


def test_what_a_caller_reads_back_is_what_it_asked_for() -> None:
    create = Message(
        "CreateRun",
        "POST",
        f"{API}/runs/create",
        {"run_name": "r", "experiment_id": "0", "tags": [OWN]},
    )
    with LittleServer(keys=False) as little:
        sender = Sender(little.uri, MLflowSettings(deadline=5))
        made = sender.call(create)["run"]
        run_id = made["info"]["run_id"]
        read = sender.call(Message("GetRun", "GET", f"{API}/runs/get", {"run_id": run_id}))
        (kept,) = little.runs.values()
    assert {tag["key"] for tag in kept["tags"]} == {"stage", TAG}
    assert TAG not in f"{made}{read}"


def test_the_tag_is_taken_out_wherever_it_stands_and_nothing_else_is() -> None:
    mark = {"key": TAG, "value": "1"}
    answer = {
        "runs": [{"data": {"tags": [OWN, mark], "params": []}, "inputs": {}}],
        "next_page_token": "2",
        "registered_model": {"tags": [mark]},
    }
    assert unmarked(answer) == {
        "runs": [{"data": {"tags": [OWN], "params": []}, "inputs": {}}],
        "next_page_token": "2",
        "registered_model": {"tags": []},
    }
