"""One call: what is repeated, what is not, when it is given up, and what it says then."""

import time
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest
from mlflow.exceptions import RestException
from mlflow_ha.deadline import Deadline
from mlflow_ha.errors import CircuitBreakerOpenError, OutcomeUnknown, TrackingUnavailable
from mlflow_ha.message import Message
from mlflow_ha.sender import Sender
from mlflow_ha.settings import MLflowSettings

from tests.unit.client.little_server import LittleServer

API = "/api/2.0/mlflow"


def create_run() -> Message:
    return Message(
        "CreateRun", "POST", f"{API}/runs/create", {"experiment_id": "0", "run_name": "r"}
    )


def get_run() -> Message:
    return Message("GetRun", "GET", f"{API}/runs/get", {"run_id": "x"})


def sender_to(server: LittleServer, **settings: object) -> Sender:
    quick = {"retry_delay": 0.01, "probe_interval": 0.05, "deadline": 5, **settings}
    return Sender(server.uri, MLflowSettings(**quick))  # type: ignore[arg-type]  # by field names


def test_what_the_server_could_not_do_is_asked_again(little: LittleServer) -> None:
    little.faults.extend(["ok", "503", "503"])  # the first is how the two get acquainted
    sender_to(little).call(create_run())
    assert len(little.runs) == 1


def test_a_lost_reply_does_not_make_a_second_run(little: LittleServer) -> None:
    little.faults.extend(["ok", "lose"])
    answer = sender_to(little).call(create_run())
    assert list(little.runs) == [answer["run"]["info"]["run_id"]]


def test_all_is_well_costs_one_request_once_the_two_are_acquainted(little: LittleServer) -> None:
    sender = sender_to(little)
    sender.call(create_run())
    before = len(little.seen)
    sender.call(create_run())
    assert len(little.seen) == before + 1


def test_a_server_that_knows_keys_gets_no_tag(little: LittleServer) -> None:
    sender_to(little).call(create_run())
    assert [run["tags"] for run in little.runs.values()] == [[]]


def test_a_request_says_the_same_under_its_key_whatever_is_learnt_of_the_server() -> None:
    with LittleServer(keys=False) as server:
        server.faults.extend(["ok", "hang-up"])
        server.upgraded_after = 2
        sender_to(server).call(create_run())
        first, second = server.bodies[f"POST {API}/runs/create"]
        assert first == second
        assert server.keys


def test_a_server_without_keys_is_looked_at_before_it_is_asked_again() -> None:
    with LittleServer(keys=False) as stock:
        stock.faults.extend(["ok", "lose"])
        answer = sender_to(stock).call(create_run())
        assert list(stock.runs) == [answer["run"]["info"]["run_id"]]
        assert stock.seen[1:] == [f"POST {API}/runs/create", f"POST {API}/runs/search"]


def test_a_server_without_keys_is_asked_again_for_what_it_did_not_do() -> None:
    with LittleServer(keys=False) as stock:
        stock.faults.extend(["ok", "hang-up"])
        sender_to(stock).call(create_run())
        assert len(stock.runs) == 1


def test_what_cannot_be_looked_for_is_not_asked_twice_of_a_server_without_keys() -> None:
    with LittleServer(keys=False) as stock:
        stock.faults.extend(["ok", "lose"])
        scorer = Message(
            "RegisterScorer", "POST", f"{API}/runs/create", {"run_name": "x", "experiment_id": "0"}
        )
        with pytest.raises(OutcomeUnknown, match="Look whether it took effect"):
            sender_to(stock).call(scorer)
        assert len(stock.runs) == 1


def test_what_the_server_refuses_is_not_repeated(little: LittleServer) -> None:
    little.faults.append("400")
    with pytest.raises(RestException):
        sender_to(little).call(get_run())
    assert len(little.seen) == 1


@pytest.mark.parametrize("status", ["400", "404", "408", "429", "500"])
def test_neither_users_nor_single_requests_open_the_breaker(
    little: LittleServer, status: str
) -> None:
    sender = sender_to(little, max_retries=1, deadline=0.3)
    for _ in range(6):
        little.faults.extend([status] * 50)
        with pytest.raises((RestException, TrackingUnavailable)):
            sender.call(get_run())
        little.faults.clear()
    assert sender.server.breaker.state == "CLOSED"


def test_a_deletion_whose_reply_was_lost_counts_as_done(little: LittleServer) -> None:
    def deletion() -> Message:
        return Message("DeleteTag", "POST", f"{API}/runs/delete-tag", {"run_id": "r", "key": "t"})

    little.faults.append("hang-up")
    assert sender_to(little).call(deletion()) == {}
    with pytest.raises(RestException, match="there is none"):
        sender_to(little).call(deletion())


def test_an_error_that_stays_is_told_as_the_server_said_it(little: LittleServer) -> None:
    little.faults.extend(["500"] * 10)
    with pytest.raises(RestException):
        sender_to(little, max_retries=2).call(get_run())
    assert len(little.seen) == 3


@pytest.mark.parametrize("form", ["seconds", "date"])
def test_a_server_that_says_when_is_not_asked_before(little: LittleServer, form: str) -> None:
    later = format_datetime(datetime.now(UTC) + timedelta(seconds=2), usegmt=True)
    little.retry_after = "1" if form == "seconds" else later
    little.faults.append("429")
    little.runs["x"] = {"info": {"run_id": "x"}}
    begun = time.monotonic()
    sender_to(little).call(get_run())
    assert 0.9 < time.monotonic() - begun < 4


def test_a_server_that_says_too_late_is_not_waited_for(little: LittleServer) -> None:
    little.retry_after = "60"
    little.faults.append("429")
    begun = time.monotonic()
    with pytest.raises(TrackingUnavailable):
        sender_to(little).call(get_run())
    assert time.monotonic() - begun < 1
    assert len(little.seen) == 1


def test_a_call_waits_for_a_server_that_comes_back(little: LittleServer) -> None:
    sender = sender_to(little, circuit_breaker_failure_threshold=1)
    little.down = True
    with pytest.raises(TrackingUnavailable):
        sender.send(create_run(), Deadline.after(0.1))
    assert sender.server.breaker.state == "OPEN"
    little.down = False
    # The breaker alone would have kept the server untried for 60 s: the probe sees it sooner.
    assert sender.send(create_run(), Deadline.after(5))


def test_fail_fast_answers_without_a_request(little: LittleServer) -> None:
    patient = sender_to(little, circuit_breaker_failure_threshold=1, probe_interval=60)
    little.down = True
    with pytest.raises(TrackingUnavailable):
        patient.send(create_run(), Deadline.after(0.1))
    before = len(little.seen)
    hasty = sender_to(little, fail_fast=True, probe_interval=60)
    with pytest.raises(CircuitBreakerOpenError) as told:
        hasty.call(create_run())
    assert len(little.seen) == before
    assert told.value.state == "OPEN"
    assert 0 < told.value.retry_after <= 60


def test_without_a_breaker_every_call_is_tried(little: LittleServer) -> None:
    sender = sender_to(little, enable_circuit_breaker=False, max_retries=0, probe_interval=60)
    little.down = True
    for _ in range(7):
        with pytest.raises(TrackingUnavailable):
            sender.call(get_run())
    assert len(little.seen) == 7
    assert sender.server.breaker.state == "CLOSED"


def test_the_deadline_holds_for_all_attempts_together(little: LittleServer) -> None:
    little.down = True
    begun = time.monotonic()
    with pytest.raises(TrackingUnavailable, match="was not"):
        sender_to(little).send(create_run(), Deadline.after(0.5))
    assert time.monotonic() - begun < 10  # and not the five minutes of every call


def test_who_interrupts_a_call_leaves_the_breaker_as_it_was(
    little: LittleServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    sender = sender_to(little)
    sender.server.breaker.failure_count = 4

    def interrupted(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("mlflow_ha.sender.http_request", interrupted)
    with pytest.raises(KeyboardInterrupt):
        sender.call(get_run())
    assert sender.server.breaker.failure_count == 4


def test_credentials_are_in_no_error() -> None:
    sender = Sender("http://me:secret@127.0.0.1:9", MLflowSettings(retry_delay=0.01))
    with pytest.raises(TrackingUnavailable) as told:
        sender.send(create_run(), Deadline.after(0.2))
    assert "secret" not in str(told.value)
    assert "http://127.0.0.1:9" in str(told.value)
