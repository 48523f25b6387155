"""Whatever is called in whatever order and threads, the server gets it once, each run's in order."""

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import pytest
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    rule,
    run_state_machine_as_test,
)
from mlflow.exceptions import RestException
from mlflow_ha.batch import Batch
from mlflow_ha.coalescing.collector import Collector
from mlflow_ha.deadline import Deadline
from mlflow_ha.errors import TrackingUnavailable
from mlflow_ha.message import Message

from tests.unit.client.coalescing.said import Server, logged, metric, one_by_one, param, tag

AT_ONCE, SOON, NEVER = 0.0, 0.005, 3600.0
RUNS = st.sampled_from(["one", "two"])
KEYS = st.sampled_from("abc")


def begin(server: Server, window: float = NEVER, most_values: int = 2000) -> Collector:
    return Collector(server, window=window, most_values=most_values, patience=5)


class CallsAndFlushes(RuleBasedStateMachine):
    """Any interleaving of calls, flushes, outages and refusals, with the background thread at work."""

    def __init__(self) -> None:
        super().__init__()
        self.server = Server()
        self.said: list[Message] = []
        self.told = 0

    @initialize(window=st.sampled_from([AT_ONCE, SOON, NEVER]), most=st.sampled_from([1, 7, 2000]))
    def begin(self, window: float, most: int) -> None:
        self.collector = begin(self.server, window, most)

    def say(self, message: Message) -> None:
        try:
            self.collector.log(logged(message), Deadline.after(0.01))
        except TrackingUnavailable:
            assert self.server.away_now  # no room: not accepted, and the caller knows
        else:
            self.said.append(message)
        self.hear(str(message.parameters["run_id"]))

    def hear(self, run: str) -> None:
        try:
            self.collector.tell(run)
        except RestException:
            self.told += 1

    @rule(run=RUNS, key=KEYS)
    def log_metric(self, run: str, key: str) -> None:
        self.say(metric(run, key, float(len(self.said))))

    @rule(run=RUNS, key=KEYS, value=st.sampled_from("xy"))
    def log_param(self, run: str, key: str, value: str) -> None:
        self.say(param(run, key, value))

    @rule(run=RUNS, key=KEYS)
    def set_tag(self, run: str, key: str) -> None:
        self.say(tag(run, key, str(len(self.said))))

    @rule(run=st.sampled_from(["one", "two", ""]))
    def flush(self, run: str) -> None:
        try:
            self.collector.flush(run, Deadline.after(5))
        except TrackingUnavailable:
            assert self.server.away_now
            return
        for name, found in one_by_one(self.said)[0].items():
            if run in (name, ""):
                assert self.server.runs.get(name) == found

    @rule(away=st.booleans())
    def the_server_goes_or_comes(self, away: bool) -> None:
        self.server.away_now = away

    def teardown(self) -> None:
        self.server.away_now = False
        self.collector.close(Deadline.after(10))
        expected, refused = one_by_one(self.said)
        assert self.server.runs == expected
        assert self.collector.waiting == 0
        self.hear("")
        assert bool(self.told) == bool(refused)


def test_any_interleaving_leaves_what_the_calls_in_turn_leave() -> None:
    run_state_machine_as_test(
        CallsAndFlushes,
        settings=hypothesis_settings(max_examples=40, stateful_step_count=30, deadline=None),
    )


def test_threads_lose_nothing_double_nothing_and_keep_their_order() -> None:
    server = Server()
    collector = begin(server, SOON, 50)

    def talk(who: int) -> None:
        for step in range(300):
            for run in ("shared", f"own {who}"):
                collector.log(logged(metric(run, f"of {who}", step)), Deadline.after(20))

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(talk, range(8)))
    collector.close(Deadline.after(20))
    for who in range(8):
        steps = [value for key, value, _ in server.runs["shared"].metrics if key == f"of {who}"]
        assert steps == list(range(300))
        assert [value for _, value, _ in server.runs[f"own {who}"].metrics] == list(range(300))


def test_many_calls_are_few_requests() -> None:
    server = Server()
    collector = begin(server)
    for step in range(950):
        collector.log(logged(metric("r", "m", step)), Deadline.after(1))
    collector.flush("r", Deadline.after(1))
    assert len(server.requests) == 1


class Stuck(Server):
    """Takes a request and does not come to an end with it before it is let go."""

    def __init__(self) -> None:
        super().__init__()
        self.has_one = threading.Event()
        self.let_go = threading.Event()

    def send(self, batch: Batch, deadline: Deadline) -> None:
        self.has_one.set()
        assert self.let_go.wait(20)
        super().send(batch, deadline)


@contextmanager
def stuck(**how: float) -> Iterator[tuple[Stuck, Collector]]:
    server = Stuck()
    collector = Collector(
        server, window=AT_ONCE, most_values=int(how.get("most_values", 2000)), patience=20
    )
    collector.log(logged(metric("r", "m", 0)), Deadline.after(1))
    assert server.has_one.wait(20)
    yield server, collector
    server.let_go.set()
    collector.close(Deadline.after(20))


def test_calls_do_not_wait_for_a_request_under_way() -> None:
    with stuck() as (server, collector):
        for step in range(1, 500):
            collector.log(logged(metric("r", "m", step)), Deadline.after(0))
        assert server.runs == {}
        assert collector.waiting == 500
    assert [value for _, value, _ in server.runs["r"].metrics] == list(range(500))


def test_no_more_than_the_bound_waits_and_the_call_beyond_it_says_so() -> None:
    with stuck(most_values=10) as (server, collector):
        for step in range(1, 10):
            collector.log(logged(metric("r", "m", step)), Deadline.after(0))
        with pytest.raises(TrackingUnavailable, match="in time"):
            collector.log(logged(metric("r", "m", 10)), Deadline.after(0.05))
        assert collector.waiting == 10
    assert [value for _, value, _ in server.runs["r"].metrics] == list(range(10))


def test_a_flush_that_cannot_end_in_time_says_so() -> None:
    with stuck() as (_, collector), pytest.raises(TrackingUnavailable):
        collector.flush("r", Deadline.after(0.05))


def test_a_refusal_reaches_the_run_it_is_about_once_and_nothing_else_suffers() -> None:
    server = Server()
    collector = begin(server)
    for message in (param("r", "p", "1"), metric("r", "m", 1), param("other", "p", "1")):
        collector.log(logged(message), Deadline.after(1))
    collector.flush("", Deadline.after(1))
    for message in (metric("r", "m", 2), param("r", "p", "2"), tag("r", "t", "1")):
        collector.log(logged(message), Deadline.after(1))
    collector.flush("", Deadline.after(1))
    run = server.runs["r"]
    assert (run.metrics, run.params) == ([("m", 1, 0), ("m", 2, 0)], {"p": "1"})
    assert run.tags == {"t": "1"}
    collector.tell("other")
    with pytest.raises(RestException, match="p changes") as raised:
        collector.tell("r")
    assert "an earlier call, LogParam of run r" in raised.value.__notes__[0]
    collector.tell("r")


def test_what_is_logged_is_sent_without_anybody_asking() -> None:
    server = Stuck()
    server.let_go.set()
    collector = begin(server, SOON)
    collector.log(logged(metric("r", "m", 1)), Deadline.after(1))
    assert server.has_one.wait(20)
    collector.close(Deadline.after(5))
