"""Who listens is told; who does not costs nothing; who fails harms nobody; a fork goes on."""

from collections.abc import Iterator

import pytest
from mlflow_ha import events
from mlflow_ha.events import CallEnded, Outcome, Replayed, publish, subscribe

from tests.unit.client.forked import succeeds_in_a_child

CALL = CallEnded("http://127.0.0.1:1", "GetRun", Outcome.ANSWERED, 0.1)


@pytest.fixture(autouse=True)
def nobody_listens_afterwards() -> Iterator[None]:
    before = dict(events._listeners)
    yield
    events._listeners.clear()
    events._listeners.update(before)


def test_each_kind_is_told_to_who_asked_for_it() -> None:
    calls: list[CallEnded] = []
    end = subscribe(CallEnded, calls.append)
    publish(CALL)
    publish(Replayed("http://127.0.0.1:1", 3))
    end()
    publish(CALL)
    assert calls == [CALL]


def test_a_listener_that_fails_harms_neither_the_caller_nor_the_next(
    caplog: pytest.LogCaptureFixture,
) -> None:
    calls: list[CallEnded] = []

    def broken(_: CallEnded) -> None:
        raise RuntimeError("broken")

    ends = [subscribe(CallEnded, broken), subscribe(CallEnded, calls.append)]
    publish(CALL)
    for end in ends:
        end()
    assert calls == [CALL]
    assert "could not be told" in caplog.text


def test_a_child_can_listen_even_if_the_fork_came_while_a_parents_thread_subscribed() -> None:
    def listens() -> bool:
        calls: list[CallEnded] = []
        subscribe(CallEnded, calls.append)
        publish(CALL)
        return calls == [CALL]

    with events._lock:
        assert succeeds_in_a_child(listens)
