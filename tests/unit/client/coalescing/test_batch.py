"""One request says what the calls in it said, and is one that MLflow takes."""

import json
from collections.abc import Sequence
from contextlib import suppress

from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from mlflow.exceptions import RestException
from mlflow.utils.validation import (
    MAX_BATCH_LOG_REQUEST_SIZE,
    MAX_ENTITIES_PER_BATCH,
    MAX_METRICS_PER_BATCH,
    MAX_PARAMS_TAGS_PER_BATCH,
)
from mlflow_ha import batch as batches
from mlflow_ha.batch import Batch, Logged
from mlflow_ha.message import Message

from tests.unit.client.coalescing.said import Server, batch, logged, metric, one_by_one, param, tag

KEYS = st.sampled_from("abc")
MESSAGES = st.one_of(
    st.builds(metric, st.just("r"), KEYS, st.integers(0, 9).map(float), st.integers(0, 3)),
    st.builds(param, st.just("r"), KEYS, st.sampled_from("xy")),
    st.builds(tag, st.just("r"), KEYS, st.sampled_from("xy")),
    st.builds(
        lambda n, value: batch(
            "r",
            metrics=[{"key": f"m{i}", "value": 1.0, "step": i} for i in range(n)],
            params=[{"key": f"p{n}-{i}", "value": value} for i in range(n % 70)],
            tags=[{"key": f"t{i}", "value": value} for i in range(n % 60)],
        ),
        st.integers(0, 700),
        st.sampled_from(["v", "w" * 5000]),
    ),
)


def in_batches(messages: Sequence[Message]) -> list[Batch]:
    """What a collector would send of calls about one run."""
    waiting, made = [logged(message) for message in messages], []
    while waiting:
        made.append(Batch.first_of(waiting))
        assert made[-1].logged, "nothing would ever be sent"
        del waiting[: len(made[-1].logged)]
    return made


def test_the_bounds_are_those_of_mlflow() -> None:
    assert batches.MOST_VALUES == MAX_ENTITIES_PER_BATCH == MAX_METRICS_PER_BATCH
    assert batches.MOST_PARAMS == batches.MOST_TAGS == MAX_PARAMS_TAGS_PER_BATCH
    assert batches.MOST_BYTES == MAX_BATCH_LOG_REQUEST_SIZE


@hypothesis_settings(max_examples=60, deadline=None)
@given(st.lists(MESSAGES, max_size=8))
def test_batches_in_turn_leave_what_the_calls_in_turn_leave(messages: list[Message]) -> None:
    messages = [message for message in messages if Logged.of(message)]
    server = Server()
    for made in in_batches(messages):
        try:
            server.ask(made.message)
        except RestException:
            for one in made.logged:
                with suppress(RestException):
                    server.ask(one.message)
    assert server.runs == one_by_one(messages)[0]


@hypothesis_settings(max_examples=60, deadline=None)
@given(st.lists(MESSAGES, max_size=8))
def test_no_batch_is_more_than_mlflow_takes(messages: list[Message]) -> None:
    for made in in_batches([message for message in messages if Logged.of(message)]):
        body = made.message.parameters
        counts = [len(body.get(kind, [])) for kind in ("metrics", "params", "tags")]
        if made.message.api == "LogBatch":
            assert sum(counts) <= MAX_ENTITIES_PER_BATCH
            assert max(counts[1:]) <= MAX_PARAMS_TAGS_PER_BATCH
            assert len({pair["key"] for pair in body.get("params", [])}) == counts[1]
        assert len(json.dumps(body)) <= MAX_BATCH_LOG_REQUEST_SIZE


def test_a_call_travels_alone_as_it_is() -> None:
    only = metric("r", "m", 1.0)
    assert Batch.first_of([logged(only)]).message is only


def test_calls_together_have_a_key_of_their_own() -> None:
    two = [metric("r", "m", 1.0), metric("r", "m", 2.0)]
    made = Batch.first_of(map(logged, two)).message
    assert made.key not in {message.key for message in two}


def test_a_thousand_and_one_metrics_are_two_requests() -> None:
    made = in_batches([metric("r", "m", float(i)) for i in range(1001)])
    assert [len(one.logged) for one in made] == [1000, 1]


def test_a_parameter_that_changes_is_left_to_the_server() -> None:
    made = in_batches([param("r", "p", "1"), param("r", "p", "2")])
    assert [len(one.logged) for one in made] == [1, 1]


def test_a_tag_set_again_and_again_is_one_request_with_its_last_value() -> None:
    (made,) = in_batches([tag("r", "t", str(i)) for i in range(300)])
    assert made.message.parameters["tags"] == [{"key": "t", "value": "299"}]


def test_what_mlflow_refuses_in_any_company_goes_alone_at_once() -> None:
    twice = [{"key": "p", "value": "1"}, {"key": "p", "value": "2"}]
    too_many = [{"key": f"p{i}", "value": ""} for i in range(101)]
    too_long = [{"key": "t", "value": "x" * MAX_BATCH_LOG_REQUEST_SIZE}]
    assert Logged.of(batch("r", params=twice)) is None
    assert Logged.of(batch("r", params=too_many)) is None
    assert Logged.of(batch("r", tags=too_long)) is None


def test_what_logs_nothing_is_not_held_back() -> None:
    assert Logged.of(Message("UpdateRun", "POST", "/runs/update", {"run_id": "r"})) is None
